#!/usr/bin/env python3
"""How well a language model predicts a text: perplexity with and without words outside its vocabulary, and the n-grams it used.

Usage: utils/compute_perplexity.sh [options] <arpa> <text>|<data-dir>

A text has a sentence on each line; of a data directory the transcripts are taken, without the names of utterances. ARPA files and texts
may be gzipped. Ends of sentences are predicted and counted. Words outside the vocabulary are scored as <unk>; without them means that
their own probabilities are left out.

Example:
  utils/compute_perplexity.sh exp/lm/4gram.arpa.gz data/dev
"""

from pathlib import Path

from cortado.command import make_parser, run
from cortado.files import atomic_write
from cortado.lm import read_arpa
from cortado.lm.perplexity import score_text


def main() -> None:
    parser = make_parser(__doc__)
    parser.add_argument("--out", type=Path, metavar="FILE", help="write it to this file and print nothing")
    parser.add_argument("arpa", type=Path)
    parser.add_argument("text")
    args = parser.parse_args()
    score = score_text(read_arpa(args.arpa), args.text)
    if args.out:
        with atomic_write(args.out) as out:
            out.write(f"{score}\n")
    else:
        print(score)


if __name__ == "__main__":
    run(main)
