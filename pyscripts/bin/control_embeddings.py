#!/usr/bin/env python3
"""Embeddings of the two controls: results that no voice is needed for. They are scored like any other embeddings.

    control_embeddings.py noise-floor data/test exp/noise_floor/test.ark exp/noise_floor/test.scp
    control_embeddings.py mean-std-lda --train data/train_mfcc data/test_mfcc exp/mean_std_lda/test.ark exp/mean_std_lda/test.scp

noise-floor: mean of the quietest tenth of an utterance's frames (of log-mel features).
mean-std-lda: mean and standard deviation of the features (MFCC), projected by LDA. The LDA is trained on the quarters of each
training utterance, so that speakers with a single recording count as well.
"""

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from cortado.ark import ArkWriter, open_table
from cortado.command import make_parser, progress, run
from cortado.datadir import DataDir
from cortado.errors import CortadoError, DataError
from cortado.score.controls import mean_and_std, noise_floor
from cortado.score.lda import fit_lda

PARTS = 4


def features(data_dir: DataDir) -> Iterator[tuple[str, np.ndarray]]:
    """(utterance, (num_frames, dim)) of feats.scp. Raises DataError for NaN and infinite values."""
    path = data_dir.path / "feats.scp"
    for utt, feats in progress(open_table(f"scp:{path}"), len(data_dir.feats_scp), "utterances"):
        if not np.isfinite(feats).all():
            raise DataError(path, f"the features of {utt} have NaN or infinite values")
        yield utt, feats


def train_lda(data_dir: DataDir) -> tuple[np.ndarray, np.ndarray]:
    vectors, speakers = [], []
    for utt, feats in features(data_dir):
        for part in np.array_split(feats, PARTS):
            if len(part) > 0:
                vectors.append(mean_and_std(part))
                speakers.append(data_dir.utt2spk[utt])
    return fit_lda(np.stack(vectors), np.array(speakers))


def make_projection(data_dir: DataDir) -> Callable[[np.ndarray], np.ndarray]:
    """Features to the LDA vector of their mean and standard deviation, trained on `data_dir`."""
    mean, projection = train_lda(data_dir)

    def embed(feats: np.ndarray) -> np.ndarray:
        if 2 * feats.shape[1] != len(mean):
            raise CortadoError(f"features of {feats.shape[1]} columns, those of {data_dir.path} have {len(mean) // 2}")
        return ((mean_and_std(feats) - mean) @ projection).astype(np.float32)

    return embed


def main() -> None:
    parser = make_parser(__doc__)
    parser.add_argument("kind", choices=["noise-floor", "mean-std-lda"])
    parser.add_argument("--train", metavar="DATA-DIR", help="training speakers, for mean-std-lda")
    parser.add_argument("data_dir", type=Path)
    parser.add_argument("ark", type=Path)
    parser.add_argument("scp", type=Path)
    args = parser.parse_args()
    if (args.kind == "mean-std-lda") != (args.train is not None):
        raise CortadoError("--train DATA-DIR goes with mean-std-lda, and with it alone")
    embed = make_projection(DataDir(args.train)) if args.train else noise_floor
    with ArkWriter(args.ark, args.scp) as out:
        for utt, feats in features(DataDir(args.data_dir)):
            out.write(utt, embed(feats))


if __name__ == "__main__":
    run(main)
