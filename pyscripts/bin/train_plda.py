#!/usr/bin/env python3
"""Train a PLDA back end on embeddings of training utterances.

usage: train_plda.py [options] <embeddings> <utt2spk> <out.npz>

Embeddings are centred, projected by LDA with --lda-dim, and scaled to one length; then the covariances within and between speakers
are found by EM. Speakers may have any number of utterances. The speakers must not be those of any trials that the model is to score.

  train_plda.py --lda-dim 128 exp/xvector/train/embeddings.scp data/train/utt2spk exp/xvector/plda.npz
"""

import sys

from cortado.command import make_parser, run
from cortado.datadir.table import read_table
from cortado.errors import ConfigError
from cortado.score.embeddings import read_embeddings
from cortado.score.plda_back_end import train_plda


def main() -> None:
    parser = make_parser(__doc__)
    parser.add_argument("--lda-dim", type=int, metavar="N", help="project to N dimensions by LDA first")
    parser.add_argument("--num-iters", type=int, default=20, metavar="N", help="EM steps (default 20)")
    parser.add_argument("embeddings", help="a table of vectors: an scp file, or an rspecifier")
    parser.add_argument("utt2spk")
    parser.add_argument("out", help="the model to write")
    args = parser.parse_args()
    if args.num_iters < 1:
        raise ConfigError(f"--num-iters is {args.num_iters}, but must be at least 1")
    embeddings = read_embeddings(args.embeddings)
    back_end, log_likes = train_plda(embeddings, read_table(args.utt2spk), args.utt2spk, args.lda_dim, args.num_iters)
    for step, log_like in enumerate(log_likes):
        print(f"after {step} steps: log-likelihood {log_like:.6f} per utterance", file=sys.stderr)
    back_end.write(args.out)
    plda = back_end.plda
    about = f"{len(embeddings.keys)} utterances of {len(back_end.trained_on.speakers)} speakers"
    print(
        f"train_plda.py: {about}; {len(plda.psi)} dimensions, variance between over within speakers {plda.psi[0]:.3g} to {plda.psi[-1]:.3g}"
    )


if __name__ == "__main__":
    run(main)
