#!/usr/bin/env python3
"""Keep the frames of each utterance that vad.scp calls speech: one job of steps/select_voiced.sh.

usage: select_voiced.py [options] <data-dir> <out>

Writes <out>.ark, <out>.scp, <out>.utt2num_frames and <out>.feats.md5, as Kaldi's select-voiced-frames does. An utterance without
any speech is named; more of them than --allow-missing are an error.

  select_voiced.py data/train/split4utt/1 data/train_voiced/data/voiced_train_voiced.1of4
"""

import hashlib
import sys
from pathlib import Path

import numpy as np

from cortado.ark import ArkWriter, read
from cortado.command import make_parser, progress, run
from cortado.datadir import DataDir, write_table
from cortado.errors import CortadoError, DataError


def voiced(data_dir: DataDir, utterance: str) -> np.ndarray:
    """(num_speech, dim): the frames of speech. Raises DataError where there is not one decision a frame."""
    vad_scp = data_dir.table("vad.scp")
    if utterance not in vad_scp:
        raise DataError(data_dir.path / "vad.scp", f"has no line for {utterance}; steps/compute_vad.sh writes it")
    feats, decisions = read(data_dir.feats_scp[utterance]), read(vad_scp[utterance])
    if len(feats) != len(decisions):
        raise DataError(
            data_dir.path / "vad.scp", f"utterance {utterance} has {len(decisions)} decisions and {len(feats)} frames of features"
        )
    return feats[decisions > 0.5]


def main() -> None:
    parser = make_parser(__doc__)
    parser.add_argument("--compress", choices=["true", "false"], default="false", help="write two bytes a value")
    parser.add_argument("--allow-missing", type=int, default=0, metavar="N", help="of this job, so many may have no speech (default 0)")
    parser.add_argument("data_dir", type=Path)
    parser.add_argument("out", help="path of the outputs, without their suffixes")
    args = parser.parse_args()
    data_dir = DataDir(args.data_dir)
    utt2num_frames, md5s, silent = {}, {}, []
    with ArkWriter(f"{args.out}.ark", f"{args.out}.scp", compress=args.compress == "true") as writer:
        for utterance in progress(data_dir.feats_scp, len(data_dir.feats_scp), "utterances"):
            feats = voiced(data_dir, utterance)
            if not len(feats):
                silent.append(utterance)
                print(f"no speech: utterance {utterance}", file=sys.stderr, flush=True)
                continue
            writer.write(utterance, feats)
            utt2num_frames[utterance], md5s[utterance] = len(feats), hashlib.md5(feats, usedforsecurity=False).hexdigest()
        if len(silent) > args.allow_missing:
            raise CortadoError(
                f"{len(silent)} of {len(data_dir.feats_scp)} utterances of {args.data_dir} have no speech, named above: remove them, "
                f"change the thresholds of the voice activity detection, or allow for them with --allow-missing (now {args.allow_missing})"
            )
    write_table(f"{args.out}.utt2num_frames", utt2num_frames)
    write_table(f"{args.out}.feats.md5", md5s)
    print(f"{sum(utt2num_frames.values())} frames of speech of {len(md5s)} utterances, {len(silent)} without any")


if __name__ == "__main__":
    run(main)
