#!/usr/bin/env python3
"""Embeddings of the two controls: results that no voice is needed for. They are scored like any other embeddings.

usage: control_embeddings.py <noise-floor|mean-std> <train-data-dir> <data-dir> <out>

Writes <out>.ark and <out>.scp. noise-floor is the mean of the quietest tenth of an utterance's frames, mean-std the mean and
standard deviation of all of them. Either is projected by LDA, trained on the quarters of each training utterance, so that
speakers with a single recording count as well.

  control_embeddings.py noise-floor data/train data/test exp/noise_floor/test/embeddings
  control_embeddings.py mean-std data/train_mfcc data/test_mfcc exp/mean_std/test/embeddings
"""

from collections.abc import Iterator

import numpy as np

from cortado.ark import ArkWriter, open_table
from cortado.command import make_parser, progress, run
from cortado.datadir import DataDir
from cortado.errors import CortadoError, DataError
from cortado.score.controls import mean_and_std, noise_floor
from cortado.score.lda import fit_lda

DESCRIBE = {"noise-floor": noise_floor, "mean-std": mean_and_std}
PARTS = 4


def features(data_dir: DataDir) -> Iterator[tuple[str, np.ndarray]]:
    """(utterance, (num_frames, dim)) of feats.scp. Raises DataError for NaN and infinite values."""
    path = data_dir.path / "feats.scp"
    for utt, feats in progress(open_table(f"scp:{path}"), len(data_dir.feats_scp), "utterances"):
        if not np.isfinite(feats).all():
            raise DataError(path, f"the features of {utt} have NaN or infinite values")
        yield utt, feats


def train_lda(describe, data_dir: DataDir) -> tuple[np.ndarray, np.ndarray]:
    """Mean and projection for the vectors that `describe` makes of features."""
    vectors, speakers = [], []
    for utt, feats in features(data_dir):
        for part in np.array_split(feats, PARTS):
            if len(part) > 0:
                vectors.append(describe(part))
                speakers.append(data_dir.utt2spk[utt])
    return fit_lda(np.stack(vectors), np.array(speakers))


def main() -> None:
    parser = make_parser(__doc__)
    parser.add_argument("kind", choices=list(DESCRIBE))
    parser.add_argument("train_data_dir")
    parser.add_argument("data_dir")
    parser.add_argument("out", help="path of the outputs, without their suffixes")
    args = parser.parse_args()
    describe = DESCRIBE[args.kind]
    mean, projection = train_lda(describe, DataDir(args.train_data_dir))
    with ArkWriter(f"{args.out}.ark", f"{args.out}.scp") as out:
        for utt, feats in features(DataDir(args.data_dir)):
            vector = describe(feats)
            if len(vector) != len(mean):
                raise CortadoError(f"utterance {utt}: features of {feats.shape[1]} columns are not those of {args.train_data_dir}")
            out.write(utt, ((vector - mean) @ projection).astype(np.float32))


if __name__ == "__main__":
    run(main)
