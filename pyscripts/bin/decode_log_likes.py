#!/usr/bin/env python3
"""Decode log-likelihoods, of a network say, with a graph: one job of steps/decode.sh --log-likes.

usage: decode_log_likes.py [options] <model> <graph-dir> <data-dir> <log-likes-scp> <out>

<model> holds the transition model that <graph-dir>/HCLG.fst was made with (Kaldi's final.mdl). The scp gives each utterance of the data
directory a matrix of frames x pdfs: log-likelihoods, or log-posteriors less log-priors. Writes the determinised lattices to <out>, in
Kaldi's format; the best words and the score of each utterance go to stderr.

  decode_log_likes.py exp/tri3/final.mdl exp/tri3/graph data/test/split4utt/1 exp/net/log_likes.scp exp/net/decode_test/lat.1.gz
"""

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from cortado.ark import read, read_scp
from cortado.command import make_parser, run
from cortado.datadir import DataDir
from cortado.decode.decoder import Decoder
from cortado.decode.options import add_decoder_options, decoder_options
from cortado.decode.part import decode_part, read_graph
from cortado.errors import DataError
from cortado.hmm.model import read_transition_model
from cortado.lang.symbols import SymbolTable


def log_likes_of(data_dir: str, scp: str) -> Iterator[tuple[str, np.ndarray]]:
    """(utterance, (num_frames, num_pdfs)) of every utterance of a data directory. Raises DataError for one that the scp has not."""
    table, utterances = read_scp(scp), DataDir(data_dir).utt2spk
    if missing := [utterance for utterance in utterances if utterance not in table]:
        raise DataError(scp, f"has no scores of utterance {missing[0]} of {data_dir}, nor of {len(missing) - 1} others")
    for utterance in utterances:
        yield utterance, read(table[utterance])


def main() -> None:
    parser = make_parser(__doc__)
    add_decoder_options(parser)
    parser.add_argument("model")
    parser.add_argument("graph_dir", type=Path)
    parser.add_argument("data_dir")
    parser.add_argument("log_likes", metavar="log-likes-scp")
    parser.add_argument("out", type=Path)
    args = parser.parse_args()
    words = SymbolTable.read(args.graph_dir / "words.txt")
    decoder = Decoder(read_graph(args.graph_dir, read_transition_model(args.model)), decoder_options(args))
    decode_part(decoder, log_likes_of(args.data_dir, args.log_likes), words, args.out, args.num_threads, args.max_failed)


if __name__ == "__main__":
    run(main)
