#!/usr/bin/env python3
"""Make the tokens of a CTC network, and the transcripts in them: one job of steps/make_tokens.sh.

usage: make_tokens.py [options] <data-dir> <tokens-dir>

Reads <data-dir>/text. Tokens are made of it, or are those of --like, a folder made before of the training set. Class 0 is the blank.
Writes into <tokens-dir>:
  tokens.txt               tokens and their classes; <eps> is the blank, ▁ divides words
  sentencepiece.model      where they are sentencepiece units
  num_classes              with the blank
  tokens.ark, tokens.scp   the classes of each utterance, an int vector

  make_tokens.py data/train exp/characters/train
  make_tokens.py --like exp/characters/train data/dev exp/characters/dev
"""

from argparse import Namespace
from pathlib import Path

from cortado.ark import ArkWriter
from cortado.command import make_parser, run
from cortado.datadir.table import read_table
from cortado.errors import ConfigError, CortadoError, DataError
from cortado.lm.tokens import Tokens


def main() -> None:
    args = parse_arguments()
    path = args.data_dir / "text"
    text = read_table(path)
    tokens = make_tokens(args, list(text.values()))
    tokens.write(args.tokens_dir)
    with ArkWriter(args.tokens_dir / "tokens.ark", args.tokens_dir / "tokens.scp") as writer:
        for line, (utterance, sentence) in enumerate(text.items(), 1):
            try:
                writer.write(utterance, tokens.encode(sentence))
            except CortadoError as error:
                raise DataError(path, f"utterance {utterance}: {error}", line) from None
    print(f"{len(text)} utterances of {args.data_dir} in {tokens.num_classes} classes, with the blank, in {args.tokens_dir}")


def parse_arguments() -> Namespace:
    parser = make_parser(__doc__)
    parser.add_argument("--unit", default="characters", choices=("characters", "pieces"), help="default characters")
    parser.add_argument("--num-pieces", type=int, default=500, metavar="N", help="sentencepiece units at most (default 500)")
    parser.add_argument("--like", metavar="DIR", help="take the tokens of this folder")
    parser.add_argument("data_dir", type=Path, metavar="data-dir")
    parser.add_argument("tokens_dir", type=Path, metavar="tokens-dir")
    args = parser.parse_args()
    if args.num_pieces < 1:
        raise ConfigError(f"--num-pieces is {args.num_pieces}, but must be at least 1")
    return args


def make_tokens(args: Namespace, sentences: list[str]) -> Tokens:
    if args.like:
        return Tokens.read(args.like)
    return Tokens.characters(sentences) if args.unit == "characters" else Tokens.pieces(sentences, args.num_pieces)


if __name__ == "__main__":
    run(main)
