#!/usr/bin/env python3
"""Replace the language model scores in lattices by those of another n-gram model: one job of steps/rescore.sh.

usage: rescore_lattices.py [options] <words.txt> <old-lm> <new-lm> <in> <out>

The models are ARPA files, gzipped or not, or in KenLM's binary format; <old-lm> is the one that the decoding graph was made from. <in> and
<out> are archives of lattices.

  rescore_lattices.py exp/tri3/graph/words.txt lm/3gram.arpa.gz lm/4gram.arpa.gz exp/tri3/decode/lat.1.gz exp/tri3/decode_4gram/lat.1.gz
"""

import sys

from cortado.command import make_parser, run
from cortado.decode.lattice_file import read_lattices, write_lattices
from cortado.decode.rescore import LanguageModel, rescore
from cortado.lang.symbols import SymbolTable


def main() -> None:
    parser = make_parser(__doc__)
    parser.add_argument("--lm-scale", type=float, default=1.0, help="of the new scores (default 1)")
    parser.add_argument("words", metavar="words.txt")
    parser.add_argument("old_lm", metavar="old-lm")
    parser.add_argument("new_lm", metavar="new-lm")
    parser.add_argument("lattices", metavar="in")
    parser.add_argument("out")
    args = parser.parse_args()
    words, old, new = SymbolTable.read(args.words), LanguageModel(args.old_lm), LanguageModel(args.new_lm)
    sizes = []

    def rescored():
        for utterance, lattice in read_lattices(args.lattices):
            result = rescore(lattice, words.symbol, old, new, args.lm_scale)
            sizes.append((lattice.num_arcs, result.num_arcs))
            yield utterance, result

    write_lattices(args.out, rescored())
    before, after = map(sum, zip(*sizes, strict=True)) if sizes else (0, 0)
    print(f"{len(sizes)} lattices: {before} arcs became {after}", file=sys.stderr)


if __name__ == "__main__":
    run(main)
