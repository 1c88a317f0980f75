#!/usr/bin/env python3
"""Align a data directory with a trained model: for each frame the transition that it belongs to.

usage: align_hmm.py [options] <data-dir> <lang-dir> <model-dir> <exp-dir>

The data directory has feats.scp, cmvn.scp, utt2num_frames, utt2spk and text; the model directory is of train_hmm.py. The experiment
directory gets the model with what belongs to it, ali.N.gz and num_jobs (N: one of each rank), scores (log-likelihood per frame of each
utterance; a low one may have a wrong transcript), left_out (utterances without an alignment, and why) and oov_counts. With --fmllr
true, each speaker gets an fMLLR transform, and is aligned again with it: trans.1.

  align_hmm.py data/train data/lang exp/mono exp/mono_ali
  align_hmm.py --fmllr true data/train data/lang exp/tri3 exp/tri3_ali
"""

from argparse import Namespace
from pathlib import Path

import torch

from cortado.command import make_parser, run
from cortado.distributed import ranks
from cortado.hmm.align_run import AlignRun


def parse_arguments() -> Namespace:
    parser = make_parser(__doc__)
    parser.add_argument("--beam", type=float, default=300.0, help="nats of acoustic log-likelihood; Kaldi's beams times 10 (default 300)")
    parser.add_argument("--retry-beam", type=float, default=1200.0, help="where the beam finds no path (default 1200)")
    parser.add_argument("--fmllr", choices=("true", "false"), default="false", help="adapt to each speaker (default false)")
    parser.add_argument("--num-threads", type=int, default=1, help="of each rank (default 1); their number changes no bit")
    parser.add_argument("data_dir", type=Path)
    parser.add_argument("lang_dir", type=Path)
    parser.add_argument("model_dir", type=Path)
    parser.add_argument("exp_dir", type=Path)
    return parser.parse_args()


def main() -> None:
    args = parse_arguments()
    torch.set_num_threads(1)  # the program divides its work itself
    with ranks("cpu"):
        AlignRun(args).align()


if __name__ == "__main__":
    run(main)
