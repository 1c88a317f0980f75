#!/usr/bin/env python3
"""Which words of GRID's pattern are got wrong: a Markdown table of errors by slot, of decodings with the grammar.

Their sentences have a word in each slot, so that words are compared place by place. Folders are <exp>/<system>_seed<N>/decode_test_grammar,
scored; figures are means over the seeds of a system.

Writes the Markdown file <header> and the table behind it into <out>.

Example: local/grid/slot_errors.py conf/results_header.md exp/header.md exp/*_seed*/decode_test_grammar
"""

import re
from collections import defaultdict
from itertools import zip_longest
from pathlib import Path

import numpy as np
from grid import SLOTS

from cortado.command import make_parser, run
from cortado.datadir.table import read_text
from cortado.errors import DataError
from cortado.files import atomic_write
from cortado.report.results import markdown_table, read_header

TRN_LINE = re.compile(r"(.*?) ?\(([^()]+)\)")
NOTE = "Errors by slot, % of its words, on the test set with the grammar; means over the seeds."


def main() -> None:
    parser = make_parser(__doc__)
    parser.add_argument("header")
    parser.add_argument("out")
    parser.add_argument("folders", nargs="+", type=Path, metavar="decode-dir")
    args = parser.parse_args()
    header, shares = read_header(args.header), defaultdict(list)
    for folder in args.folders:
        shares[re.sub(r"_seed\d+$", "", folder.resolve().parent.name)].append(error_shares(folder))
    rows = [[system, *(f"{100 * share:.1f}" for share in np.mean(seeds, axis=0))] for system, seeds in sorted(shares.items())]
    table = markdown_table({"System": ":--", **dict.fromkeys(SLOTS, "--:")}, rows)
    with atomic_write(args.out) as out:
        out.write(f"{header.strip()}\n\n## Errors by slot\n\n{NOTE}\n\n{table}\n")


def error_shares(folder: Path) -> np.ndarray:
    """The share of wrong or missing words in each slot. Raises DataError for longer sentences than the pattern."""
    references, hypotheses = (dict(read_trn(folder / "scoring_kaldi/sclite" / name)) for name in ("ref.trn", "hyp.trn"))
    wrong = []
    for utterance, words in references.items():
        guessed = hypotheses[utterance]  # cut off where the search ended amid the sentence
        if not len(guessed) <= len(words) == len(SLOTS):
            raise DataError(folder, f"utterance {utterance} has {len(guessed)} words for {len(words)}, but the pattern {len(SLOTS)}")
        wrong.append([word != guess for word, guess in zip_longest(words, guessed)])
    return np.mean(wrong, axis=0)


def read_trn(path: Path) -> list[tuple[str, list[str]]]:
    """Utterance and words of each line 'words (utterance)'."""
    matches = [TRN_LINE.fullmatch(line) for line in read_text(path).splitlines()]
    return [(match[2], match[1].split()) for match in matches if match]


if __name__ == "__main__":
    run(main)
