#!/usr/bin/env python3
"""Classify clips without listening to what counts: log posteriors of a control, to be scored as those of a network are.

usage: control_classes.py [options] <majority|duration|mfcc-svm> <train-data-dir> <data-dir> <posterior-dir>

majority gives every clip the shares of the training clips; duration is a random forest on utt2dur alone; mfcc-svm a support vector
machine on mean, standard deviation and standard deviation of the deltas of feats.scp, which 20 MFCC are meant for.
Writes <posterior-dir>/posteriors.{ark,scp}, a float32 vector of natural log posteriors a clip, and <posterior-dir>/classes, the speakers
of <train-data-dir> in the order of the vectors' values.

  control_classes.py duration data/split/train data/split/test exp/duration/test
"""

from pathlib import Path

import numpy as np

from cortado.ark import ArkWriter, open_table
from cortado.command import make_parser, progress, run
from cortado.datadir import DataDir
from cortado.datadir.lengths import read_lengths
from cortado.errors import DataError
from cortado.files import atomic_write
from cortado.score.class_controls import CONTROLS, by_duration, by_statistics, majority, mfcc_statistics


def main() -> None:
    parser = make_parser(__doc__)
    parser.add_argument("--seed", type=int, default=0, help="of the random forest (default 0)")
    parser.add_argument("kind", choices=CONTROLS)
    parser.add_argument("train_data_dir", type=DataDir)
    parser.add_argument("data_dir", type=DataDir)
    parser.add_argument("out", type=Path, metavar="posterior-dir")
    args = parser.parse_args()
    train, test = args.train_data_dir, args.data_dir
    classes = list(train.spk2utt)
    if len(classes) < 2:
        raise DataError(train.path, f"has {len(classes)} speaker; telling speakers apart needs at least 2")
    labels = np.array([classes.index(train.utt2spk[clip]) for clip in train.utterances])
    if args.kind == "majority":
        log_posteriors = majority(labels, len(test.utterances))
    elif args.kind == "duration":
        log_posteriors = by_duration(seconds(train), labels, seconds(test), args.seed)
    else:
        log_posteriors = by_statistics(statistics(train), labels, statistics(test))
    with ArkWriter(args.out / "posteriors.ark", args.out / "posteriors.scp") as out:
        for clip, vector in zip(test.utterances, log_posteriors.astype(np.float32), strict=True):
            out.write(clip, vector)
    with atomic_write(args.out / "classes") as out:
        out.writelines(f"{name}\n" for name in classes)


def seconds(data_dir: DataDir) -> np.ndarray:
    return np.array(read_lengths(data_dir, "utt2dur", data_dir.utterances))


def statistics(data_dir: DataDir) -> np.ndarray:
    """(num_clips, dim) of the clips in their order. Raises DataError for a clip without features or with values that are not finite."""
    path = data_dir.path / "feats.scp"
    found = {clip: mfcc_statistics(feats) for clip, feats in progress(open_table(f"scp:{path}"), len(data_dir.feats_scp), "clips")}
    for clip in data_dir.utterances:
        if clip not in found or not np.isfinite(found[clip]).all():
            raise DataError(path, f"has no features of {clip}, or they have NaN or infinite values")
    return np.stack([found[clip] for clip in data_dir.utterances])


if __name__ == "__main__":
    run(main)
