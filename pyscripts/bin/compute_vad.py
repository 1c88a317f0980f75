#!/usr/bin/env python3
"""Decide for each frame of a data directory's features whether it is speech: one job of steps/compute_vad.sh.

usage: compute_vad.py <config> <data-dir> <out>

Writes <out>.ark and <out>.scp: for each utterance Kaldi's vector of floats, 1 for speech and 0 for none. The last line says
how much of all was speech, and how many utterances have none at all, which are named.

  compute_vad.py conf/vad.yaml data/train/split4utt/1 data/train/data/vad_train.1of4
"""

import sys

import torch

from cortado.ark import ArkWriter, read
from cortado.command import make_parser, progress, run
from cortado.config import load_config
from cortado.datadir import DataDir
from cortado.errors import DataError
from cortado.feats import EnergyVad


def decide(vad: EnergyVad, utterance: str, rxfile: str) -> torch.Tensor:
    feats = torch.from_numpy(read(rxfile))
    if not vad.log_energy(feats).isfinite().all():
        raise DataError(rxfile, f"the log energy of {utterance} has NaN or infinite values")
    return vad(feats)


def main() -> None:
    parser = make_parser(__doc__)
    parser.add_argument("config", help="YAML of the rule, such as conf/vad.yaml")
    parser.add_argument("data_dir")
    parser.add_argument("out", help="path of the outputs, without their suffixes")
    args = parser.parse_args()
    vad, feats_scp = load_config(EnergyVad, args.config), DataDir(args.data_dir).feats_scp
    num_frames = num_speech = num_silent = 0
    with ArkWriter(f"{args.out}.ark", f"{args.out}.scp") as writer:
        for utterance, rxfile in progress(feats_scp.items(), len(feats_scp), "utterances"):
            decisions = decide(vad, utterance, rxfile)
            writer.write(utterance, decisions.numpy())
            speech = int(decisions.sum())
            num_frames, num_speech, num_silent = num_frames + len(decisions), num_speech + speech, num_silent + (speech == 0)
            if speech == 0:
                print(f"no speech: utterance {utterance}: {rxfile}", file=sys.stderr)
    share = 100 * num_speech / max(1, num_frames)
    print(f"{share:.1f} % of {num_frames} frames are speech; {num_silent} of {len(feats_scp)} utterances have none", file=sys.stderr)


if __name__ == "__main__":
    run(main)
