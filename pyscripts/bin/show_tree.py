#!/usr/bin/env python3
"""Show a decision tree as text: how large it is, what it asks about a phone, which pdf a triphone has and why.

Usage: utils/show_tree.py [options] <lang-dir|phones.txt> <model-dir|tree>

Without options: a summary, and a table with the number of pdfs of each phone. <eps> in a question is the absence of a phone, at the
beginning and end of an utterance. Classes are the pdf classes of the topology, mostly one for each state.

Examples:
  utils/show_tree.py data/lang exp/tri1
  utils/show_tree.py --phone AH exp/lang/phones.txt exp/tri1/tree    # all questions about AH
  utils/show_tree.py --triphone k-AE+t data/lang exp/tri1            # the pdfs of AE after k and before t
"""

import argparse
import re
import sys
from pathlib import Path

from cortado.ark.display import align
from cortado.command import make_parser, run
from cortado.hmm.tree import read_tree
from cortado.hmm.tree_display import TreeDisplay
from cortado.lang.symbols import SymbolTable

DISAMBIGUATION = re.compile(r"#\d+")


def main() -> None:
    args = parse_arguments()
    phones = SymbolTable.read(args.phones / "phones.txt" if args.phones.is_dir() else args.phones)
    display = TreeDisplay(read_tree(args.tree / "tree" if args.tree.is_dir() else args.tree), phones.symbol)
    if args.triphone:
        print(*display.reasons(display.window(args.triphone, phones.__getitem__)), sep="\n")
    elif args.phone:
        print(*display.outline(phones[args.phone]), sep="\n")
    else:
        show_summary(display, phones)
    sys.stdout.flush()  # here, where a closed pipe is still understood


def parse_arguments() -> argparse.Namespace:
    parser = make_parser(__doc__)
    shown = parser.add_mutually_exclusive_group()
    shown.add_argument("--phone", metavar="PHONE", help="all questions about this phone, indented")
    shown.add_argument("--triphone", metavar="A-B+C", help="the pdfs of phone B after A and before C; A- and +C may be left out")
    parser.add_argument("phones", type=Path, metavar="lang-dir|phones.txt")
    parser.add_argument("tree", type=Path, metavar="model-dir|tree")
    return parser.parse_args()


def show_summary(display: TreeDisplay, phones: SymbolTable) -> None:
    print(*display.summary(), sep="\n", end="\n\n")
    real = [number for name, number in phones if number and not DISAMBIGUATION.fullmatch(name)]
    print(*align(display.pdf_counts(real), left=1), sep="\n")


if __name__ == "__main__":
    run(main)
