#!/usr/bin/env python3
"""Check a lang folder. Exits with 1 after naming all problems found, with file and line.

Usage: utils/validate_lang.sh <lang-dir>

Checks that all files are there and can be read; that .txt, .int and .csl files agree; that each phone is silence, speech or disambiguation
and has its set, root, topology and, if phones know it, place in the word; that every word has a pronunciation; that there are
enough disambiguation symbols; that L.fst and L_disambig.fst hold the pronunciations of the lexicon and are sorted, and that L_disambig can
be determinised.

Example:
  utils/validate_lang.sh data/lang
"""

import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from cortado.command import make_parser, run
from cortado.errors import CortadoError, DataError
from cortado.graph.fst import Fst
from cortado.hmm.topology import read_topology
from cortado.lang import Lang
from cortado.lang.checks import problems
from cortado.lang.fst_checks import fst_problems
from cortado.lang.lexicon_fst import LexiconArcs


def main() -> int:
    parser = make_parser(__doc__)
    parser.add_argument("lang_dir", type=Path, metavar="lang-dir")
    args = parser.parse_args()
    found = problems(args.lang_dir) or [*topology_problems(args.lang_dir), *lexicon_problems(args.lang_dir)]
    if found:
        print(*found, f"validate_lang.sh: {args.lang_dir} is not a valid lang directory", sep="\n", file=sys.stderr)
        return 1
    print(f"validate_lang.sh: Successfully validated lang directory {args.lang_dir}")
    return 0


def topology_problems(folder: Path) -> Iterator[DataError]:
    """topo has a model for every silence and nonsilence phone, and for no other."""
    path = folder / "topo"
    try:
        modelled = set(read_topology(path).phones)
    except DataError as error:
        yield error
        return
    lang = Lang.read(folder)
    phones = {*lang.silence_phones, *lang.nonsilence_phones}
    for phone in sorted(phones ^ modelled):
        yield DataError(path, f"phone {phone} has no entry" if phone in phones else f"phone {phone} is neither silence nor nonsilence")


def lexicon_problems(folder: Path) -> Iterator[DataError]:
    """L.fst and L_disambig.fst."""
    lang = Lang.read(folder)
    for name, disambig in (("L.fst", False), ("L_disambig.fst", True)):
        try:
            fst = Fst.read(folder / name)
            yield from (DataError(folder / name, reason) for reason in [*order_problems(fst), *fst_problems(lang, as_arcs(fst), disambig)])
        except CortadoError as error:
            yield DataError(folder / name, str(error).removeprefix(f"{folder / name}: "))


def order_problems(fst: Fst) -> Iterator[str]:
    source = fst.sources()
    if np.any((source[1:] == source[:-1]) & (fst.olabel[1:] < fst.olabel[:-1])):
        yield "is not sorted by output label; sort it: fstarcsort --sort_type=olabel"


def as_arcs(fst: Fst) -> LexiconArcs:
    """Raises CortadoError for a transducer that does not begin at state 0 or has not one final state."""
    finals = np.flatnonzero(np.isfinite(fst.final))
    if fst.start != 0 or len(finals) != 1:
        raise CortadoError(f"begins at state {fst.start} and has {len(finals)} final states, expected state 0 and one")
    return LexiconArcs(fst.sources(), fst.ilabel, fst.olabel, fst.weight, fst.nextstate, int(finals[0]), fst.num_states)


if __name__ == "__main__":
    run(main)
