#!/usr/bin/env python3
"""Compute CMVN statistics of a data directory, by speaker or by utterance: the job of steps/compute_cmvn.sh.

usage: compute_cmvn.py [options] <data-dir> <out>

Writes <out>.ark and <out>.scp: for each speaker (or utterance) Kaldi's 2 x (dim + 1) matrix of doubles. The features
themselves stay as they are; who reads them subtracts the mean.

  compute_cmvn.py data/train data/train/data/cmvn_train
"""

from collections.abc import Iterable

import torch

from cortado.ark import ArkWriter, read
from cortado.command import make_parser, progress, run
from cortado.datadir import DataDir
from cortado.errors import DataError
from cortado.feats import cmvn_stats


def groups(data_dir: DataDir, per: str) -> dict[str, list[str]]:
    """Speaker (or utterance) -> its utterances. Raises DataError for utterances without features."""
    lost = sorted(set(data_dir.utt2spk) - set(data_dir.feats_scp))
    if lost:
        raise DataError(
            data_dir.path / "feats.scp",
            f"{len(lost)} utterances of utt2spk are not in it, the first is {lost[0]}; utils/fix_data_dir.sh removes them",
        )
    return data_dir.spk2utt if per == "spk" else {utterance: [utterance] for utterance in data_dir.utterances}


def sum_stats(data_dir: DataDir, utterances: Iterable[str]) -> torch.Tensor:
    """The statistics of these utterances together. Raises DataError for NaN, infinite values, or another dimension."""
    total = None
    for utterance in utterances:
        rxfile = data_dir.feats_scp[utterance]
        stats = cmvn_stats(torch.from_numpy(read(rxfile)))
        if not stats.isfinite().all():
            raise DataError(rxfile, f"the features of {utterance} have NaN or infinite values")
        if total is not None and total.shape != stats.shape:
            raise DataError(rxfile, f"the features of {utterance} have {stats.shape[1] - 1} columns, earlier ones {total.shape[1] - 1}")
        total = stats if total is None else total + stats
    return total


def main() -> None:
    parser = make_parser(__doc__)
    parser.add_argument("data_dir")
    parser.add_argument("out", help="path of the outputs, without their suffixes")
    parser.add_argument("--per", choices=["spk", "utt"], default="spk", help="one matrix for each speaker (default) or utterance")
    args = parser.parse_args()
    data_dir = DataDir(args.data_dir)
    members = groups(data_dir, args.per)
    with ArkWriter(f"{args.out}.ark", f"{args.out}.scp") as writer:
        for name, utterances in progress(members.items(), len(members), "speakers" if args.per == "spk" else "utterances"):
            writer.write(name, sum_stats(data_dir, utterances).numpy())


if __name__ == "__main__":
    run(main)
