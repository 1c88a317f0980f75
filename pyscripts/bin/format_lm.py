#!/usr/bin/env python3
"""Make a lang folder with a grammar: a copy of <lang-dir> with G.fst, the n-gram model <arpa> as a transducer.

Usage: utils/format_lm.sh [options] <lang-dir> <arpa> <lang-test-dir>

<arpa> is plain or gzipped. G.fst is for OpenFst and sorted by input label; states that only back off are left out. The two folders may
be one and the same. The model's <unk> need not be in words.txt; its n-grams are then left out.

Example:
  utils/format_lm.sh data/lang exp/lm/4gram.arpa.gz data/lang_test
"""

import shutil
from pathlib import Path

from cortado.command import make_parser, run
from cortado.graph.check import stochasticity
from cortado.graph.grammar_fst import UNKNOWN_WORDS_CHOICES, read_grammar
from cortado.lang.symbols import SymbolTable


def main() -> None:
    parser = make_parser(__doc__)
    parser.add_argument(
        "--unknown-words",
        default="error",
        choices=UNKNOWN_WORDS_CHOICES,
        help="words of the model that are not in words.txt: stop, or leave out their n-grams (default error)",
    )
    parser.add_argument("lang_dir", type=Path, metavar="lang-dir")
    parser.add_argument("arpa", type=Path)
    parser.add_argument("lang_test_dir", type=Path, metavar="lang-test-dir")
    args = parser.parse_args()
    words = SymbolTable.read(args.lang_dir / "words.txt")
    grammar = read_grammar(args.arpa, words, args.unknown_words == "skip", print)
    if args.lang_test_dir.resolve() != args.lang_dir.resolve():
        shutil.copytree(args.lang_dir, args.lang_test_dir, dirs_exist_ok=True, ignore=shutil.ignore_patterns("G.fst"))
    grammar.write(args.lang_test_dir / "G.fst")
    least, greatest = stochasticity(grammar)
    size = f"{grammar.num_states} states, {grammar.num_arcs} arcs"
    print(f"{args.lang_test_dir}/G.fst: {size}; -ln of the sum of probabilities in a state: {least:.4f} to {greatest:.4f}")


if __name__ == "__main__":
    run(main)
