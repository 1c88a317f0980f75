#!/usr/bin/env python3
"""Embeddings of the two controls: results that no voice is needed for. They are scored like any other embeddings.

    control_embeddings.py noise-floor data/test exp/noise_floor/test.ark exp/noise_floor/test.scp
    control_embeddings.py mean-std-lda --train data/train_mfcc data/test_mfcc exp/mean_std_lda/test.ark exp/mean_std_lda/test.scp

noise-floor: mean of the quietest tenth of an utterance's frames (of log-mel features).
mean-std-lda: mean and standard deviation of the features (MFCC), projected by LDA. The LDA is trained on the quarters of each
training utterance, so that speakers with a single recording count as well.
"""

from pathlib import Path

import numpy as np

from cortado.ark import ArkWriter, open_table
from cortado.command import make_parser, progress, run
from cortado.datadir import DataDir
from cortado.errors import CortadoError
from cortado.score.controls import mean_and_std, noise_floor
from cortado.score.lda import fit_lda

PARTS = 4


def train_lda(data_dir: DataDir) -> tuple[np.ndarray, np.ndarray]:
    vectors, speakers = [], []
    for utt, feats in progress(open_table(f"scp:{data_dir.path}/feats.scp"), len(data_dir.feats_scp), "training utterances"):
        for part in np.array_split(feats, PARTS):
            if len(part) > 0:
                vectors.append(mean_and_std(part))
                speakers.append(data_dir.utt2spk[utt])
    return fit_lda(np.stack(vectors), np.array(speakers))


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
    embed = noise_floor
    if args.train:
        mean, projection = train_lda(DataDir(args.train))

        def embed(feats: np.ndarray) -> np.ndarray:
            return ((mean_and_std(feats) - mean) @ projection).astype(np.float32)

    data_dir = DataDir(args.data_dir)
    with ArkWriter(args.ark, args.scp) as out:
        for utt, feats in progress(open_table(f"scp:{data_dir.path}/feats.scp"), len(data_dir.feats_scp), "utterances"):
            out.write(utt, embed(feats))


if __name__ == "__main__":
    run(main)
