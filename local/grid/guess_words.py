#!/usr/bin/env python3
"""What a lip reader has to beat: sentences guessed without a look, as a decoding for steps/score.sh.

majority says the commonest word of each slot of the training sentences every time; chance draws each word of a slot with the same
probability (--seed).

Writes <decode-dir>/{lat.1.gz,words.txt,num_jobs}, a lattice of one sentence for each utterance.

Example: local/grid/guess_words.py majority data/train/text data/test exp/majority/decode_test
"""

from collections import Counter
from pathlib import Path

import numpy as np
from grid import SLOTS

from cortado.command import make_parser, run
from cortado.datadir import DataDir, read_table
from cortado.decode.ctc import Hypothesis
from cortado.decode.ctc_lattice import WordNumbers, lattice_of
from cortado.decode.lattice_file import write_lattices
from cortado.errors import DataError
from cortado.files import atomic_write
from cortado.lang.symbols import SymbolTable


def main() -> None:
    parser = make_parser(__doc__)
    parser.add_argument("--seed", type=int, default=0, help="of chance (default 0)")
    parser.add_argument("how", choices=("majority", "chance"))
    parser.add_argument("train_text", metavar="train-text")
    parser.add_argument("data_dir", metavar="data-dir")
    parser.add_argument("decode_dir", metavar="decode-dir", type=Path)
    args = parser.parse_args()
    utterances, rng = DataDir(args.data_dir).utterances, np.random.default_rng(args.seed)
    if args.how == "majority":
        sentences = [majority(args.train_text)] * len(utterances)
    else:
        sentences = [tuple(str(rng.choice(words)) for words in SLOTS.values()) for _ in utterances]
    numbers = WordNumbers()
    guessed = [
        (utterance, lattice_of([Hypothesis(words, 0.0, 0.0)], numbers)) for utterance, words in zip(utterances, sentences, strict=True)
    ]
    write_lattices(args.decode_dir / "lat.1.gz", guessed)
    SymbolTable(numbers).write(args.decode_dir / "words.txt")
    with atomic_write(args.decode_dir / "num_jobs") as out:
        out.write("1\n")


def majority(text: str) -> tuple[str, ...]:
    """The commonest word of each slot, the first in the alphabet of several. Raises DataError for a sentence of another length."""
    counts = [Counter() for _ in SLOTS]
    for utterance, words in read_table(text).items():
        if len(words.split()) != len(SLOTS):
            raise DataError(text, f"utterance {utterance} has not {len(SLOTS)} words")
        for count, word in zip(counts, words.split(), strict=True):
            count[word] += 1
    return tuple(min(count, key=lambda word, count=count: (-count[word], word)) for count in counts)


if __name__ == "__main__":
    run(main)
