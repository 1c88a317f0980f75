#!/usr/bin/env python3
"""Decode the log posteriors of a CTC network: one job of steps/decode_ctc.sh.

usage: decode_ctc.py [options] <tokens-dir> <data-dir> <post-scp> <decode-dir>

<tokens-dir>, of steps/make_tokens.sh, says what the classes are; the scp gives each utterance of the data directory a matrix of frames x
classes. With --lm or --grammar the words are searched for by prefix beam search, else the best token of each frame is taken.

Writes into <decode-dir>:
  lat.1.gz    the hypotheses of each utterance as a lattice, for steps/score.sh; acoustic costs are -10 ln p, so that LM weight 10 counts
              network and language model alike
  words.txt   the words in it
  num_jobs    1
The best words of each utterance go to stderr.

  decode_ctc.py exp/characters/train data/test exp/ctc/test/post.scp exp/ctc/greedy_test
  decode_ctc.py --lm exp/lm/4gram.arpa.gz exp/characters/train data/test exp/ctc/test/post.scp exp/ctc/decode_test
"""

import sys
from argparse import Namespace
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np

from cortado.command import make_parser, run
from cortado.datadir.table import few
from cortado.decode.ctc import CtcOptions, GreedyDecoder, PrefixBeamSearch
from cortado.decode.ctc_lattice import WordNumbers, lattice_of
from cortado.decode.lattice import Lattice
from cortado.decode.lattice_file import write_lattices
from cortado.decode.score_table import read_scores
from cortado.decode.threads import map_in_threads
from cortado.errors import ConfigError
from cortado.files import atomic_write
from cortado.graph.slot_grammar import read_slots
from cortado.lang.symbols import SymbolTable
from cortado.lm import read_arpa
from cortado.lm.tokens import Tokens
from cortado.lm.word_automaton import ngram_automaton, slot_automaton


def main() -> None:
    args = parse_arguments()
    decoder = make_decoder(args)
    numbers = WordNumbers()
    scores = read_scores(args.post_scp, args.data_dir)
    write_lattices(args.decode_dir / "lat.1.gz", lattices(decoder, scores, numbers, args.num_threads))
    SymbolTable(numbers).write(args.decode_dir / "words.txt")
    with atomic_write(args.decode_dir / "num_jobs") as out:
        out.write("1\n")


def parse_arguments() -> Namespace:
    default = CtcOptions()
    parser = make_parser(__doc__)
    source = parser.add_mutually_exclusive_group()
    source.add_argument("--lm", metavar="ARPA", help="n-gram model of words, plain or gzipped")
    source.add_argument("--grammar", metavar="FILE", help="one word of each line in turn; a line: name of the slot, words")
    parser.add_argument("--beam", type=int, default=default.beam, help=f"prefixes kept in each frame (default {default.beam})")
    parser.add_argument("--lm-weight", type=float, default=default.lm_weight, help=f"in the search (default {default.lm_weight:g})")
    parser.add_argument(
        "--oov-cost",
        type=float,
        default=default.oov_cost,
        help="nats that a word outside the language model costs beside p(<unk>); inf: there are none (default inf)",
    )
    parser.add_argument("--num-threads", type=int, default=1, help="utterances decoded at once (default 1)")
    parser.add_argument("tokens_dir", metavar="tokens-dir")
    parser.add_argument("data_dir", metavar="data-dir")
    parser.add_argument("post_scp", metavar="post-scp")
    parser.add_argument("decode_dir", type=Path, metavar="decode-dir")
    args = parser.parse_args()
    if args.num_threads < 1:
        raise ConfigError(f"--num-threads is {args.num_threads}, but must be at least 1")
    return args


def make_decoder(args: Namespace) -> GreedyDecoder | PrefixBeamSearch:
    tokens = Tokens.read(args.tokens_dir)
    options = CtcOptions(args.beam, args.lm_weight, args.oov_cost)
    if args.lm:
        return PrefixBeamSearch(tokens, ngram_automaton(read_arpa(args.lm)), options)
    if args.grammar:
        return PrefixBeamSearch(tokens, slot_automaton([words for _, words in read_slots(args.grammar)]), options)
    return GreedyDecoder(tokens)


def lattices(
    decoder: GreedyDecoder | PrefixBeamSearch, scores: Iterable[tuple[str, np.ndarray]], numbers: WordNumbers, num_threads: int
) -> Iterator[tuple[str, Lattice]]:
    """Of each utterance; says on stderr what its best words are, and sums up."""
    num_done, partial = 0, []
    for decoding in map_in_threads(lambda pair: decoder.decode(*pair), scores, num_threads):
        print(decoding.utterance, *decoding.hypotheses[0].words, file=sys.stderr)
        if not decoding.reached_end:
            partial.append(decoding.utterance)
            print(f"utterance {decoding.utterance} did not reach an end of a sentence: its words may be cut off", file=sys.stderr)
        num_done += 1
        yield decoding.utterance, lattice_of(decoding.hypotheses, numbers)
    said = f" ({len(partial)} did not reach an end of a sentence, a greater --beam may help: {few(partial)})" if partial else ""
    print(f"{num_done} utterances decoded{said}", file=sys.stderr)


if __name__ == "__main__":
    run(main)
