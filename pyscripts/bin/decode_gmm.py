#!/usr/bin/env python3
"""Decode the features of a data directory with a model of Gaussian mixtures and a graph: one job of steps/decode.sh.

usage: decode_gmm.py [options] <model-dir> <graph-dir> <data-dir> <out>

The model directory is of train_hmm.py: features are made as its model wants them. With --transforms, each speaker's features are under
fMLLR (of estimate_fmllr.py); without, a model trained on such features is replaced by its speaker-independent one. Writes the
determinised lattices to <out>, in Kaldi's format; the best words and the score of each utterance go to stderr.

  decode_gmm.py exp/tri2 exp/tri2/graph data/test/split4utt/1 exp/tri2/decode_test/lat.1.gz
"""

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from cortado import ark
from cortado.command import make_parser, run
from cortado.datadir import DataDir
from cortado.decode.decoder import Decoder
from cortado.decode.gmm_scores import GmmScorer
from cortado.decode.options import add_decoder_options, decoder_options
from cortado.decode.part import decode_part, read_graph
from cortado.errors import DataError
from cortado.hmm.model_folder import ModelFolder
from cortado.lang.symbols import SymbolTable


def features_of(model: ModelFolder, data_dir: DataDir, transforms: str | None) -> Iterator[tuple[str, np.ndarray]]:
    """(utterance, (num_frames, D)) of every utterance. Raises DataError for a speaker that `transforms` has not."""
    features = model.features(data_dir)
    table = dict(ark.open_table(f"ark:{transforms}")) if transforms else None
    for utterance, speaker in data_dir.utt2spk.items():
        if table is not None and speaker not in table:
            raise DataError(transforms, f"has no transform of speaker {speaker}, of utterance {utterance}")
        yield utterance, features.read(utterance, table[speaker] if table else None)


def main() -> None:
    parser = make_parser(__doc__)
    add_decoder_options(parser)
    parser.add_argument("--transforms", metavar="ARK", help="fMLLR transforms by speaker")
    parser.add_argument("model_dir")
    parser.add_argument("graph_dir", type=Path)
    parser.add_argument("data_dir")
    parser.add_argument("out", type=Path)
    args = parser.parse_args()
    folder, words = ModelFolder(args.model_dir), SymbolTable.read(args.graph_dir / "words.txt")
    transitions, gmms = folder.model if args.transforms else folder.speaker_independent_model
    decoder = Decoder(read_graph(args.graph_dir, transitions), decoder_options(args))
    features = features_of(folder, DataDir(args.data_dir), args.transforms)
    decode_part(decoder, features, words, args.out, args.num_threads, args.max_failed, GmmScorer(gmms))


if __name__ == "__main__":
    run(main)
