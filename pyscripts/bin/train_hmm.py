#!/usr/bin/env python3
"""Train a GMM-HMM: monophones from nothing but transcripts, or triphones from the alignments of an earlier model.

usage: train_hmm.py [options] --config <config> <data-dir> <lang-dir> <exp-dir>

The data directory has feats.scp (MFCC), cmvn.scp, utt2num_frames, utt2spk and text. The config says what is trained: see
conf/hmm/*.yaml. With --ali-dir, the folder of an earlier model with its alignments, a tree with --num-leaves leaves is grown; without,
training begins with alignments that follow the energy. A config without front_end takes that of --ali-dir, its final.mat and trans.N.

The experiment directory gets Kaldi's files: final.mdl, tree, phones.txt, ali.N.gz and num_jobs (N: one of each rank), final.mat where
there is LDA, trans.1 and final.alimdl where there is fMLLR; and ours: front_end.yaml, config.yaml, scores (log-likelihood per frame of each
utterance, a low one may have a wrong transcript), left_out (utterances that were not used, and why), oov_counts, em.json, info.json.

Each iteration ends with a checkpoint, em.pt: stopped or killed, the same command continues there and ends with the same final.mdl as
an undisturbed run. While it runs, features and graphs lie in <exp-dir>/spool.

  train_hmm.py --config conf/hmm/mono.yaml --num-gauss 1000 data/train data/lang exp/mono
  train_hmm.py --config conf/hmm/deltas.yaml --num-leaves 2000 --num-gauss 10000 --ali-dir exp/mono_ali data/train data/lang exp/tri1

Exit status: 75 after SIGTERM or SIGUSR1, which asks for the same command to be run again; 130 after SIGINT. The iteration in
hand is finished first; a second signal, more than a second later, ends the command at once.
"""

import sys
from argparse import Namespace
from pathlib import Path

import torch

from cortado.command import make_parser, run
from cortado.distributed import rank, ranks
from cortado.hmm.run import TrainingRun
from cortado.stop import Interrupted, stop_requests


def parse_arguments() -> Namespace:
    parser = make_parser(__doc__)
    parser.add_argument("--config", required=True, metavar="YAML", help="what is trained, such as conf/hmm/mono.yaml")
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", help="set a key of the config; may be repeated")
    parser.add_argument("--num-gauss", type=int, required=True, metavar="N", help="Gaussians in all")
    parser.add_argument("--num-leaves", type=int, metavar="N", help="leaves of the tree; with --ali-dir alone")
    parser.add_argument("--ali-dir", type=Path, metavar="DIR", help="an earlier model with alignments of the data")
    parser.add_argument("--seed", type=int, default=0, help="of splitting Gaussians and first alignments (default 0)")
    parser.add_argument("--num-threads", type=int, default=1, help="of each rank (default 1); their number changes no bit")
    parser.add_argument("data_dir", type=Path)
    parser.add_argument("lang_dir", type=Path)
    parser.add_argument("exp_dir", type=Path)
    args = parser.parse_args()
    if (args.ali_dir is None) != (args.num_leaves is None):
        parser.error("--ali-dir and --num-leaves belong together: triphones have both, monophones neither")
    return args


def main() -> int | None:
    args = parse_arguments()
    torch.set_num_threads(1)  # numpy's and numba's work is divided by the program itself
    with ranks("cpu"), stop_requests() as stop:
        try:
            TrainingRun(args, stop).train()
        except Interrupted as interrupted:
            if rank() == 0:
                print(interrupted, file=sys.stderr)
            return interrupted.exit_code


if __name__ == "__main__":
    run(main)
