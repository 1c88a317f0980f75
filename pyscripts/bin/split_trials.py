#!/usr/bin/env python3
"""Cut a trial list into parts for as many jobs of score_trials.py: writes where in the list each part lies, copies nothing.

split_trials.py data/test/trials 8 exp/xvector/scores/parts/trials.json
"""

from cortado.command import make_parser, run
from cortado.score.split_list import split_trials


def main() -> None:
    parser = make_parser(__doc__)
    parser.add_argument("trials", metavar="trials", help="lines 'enrol test target|nontarget'")
    parser.add_argument("num_parts", type=int)
    parser.add_argument("split", help="file to write")
    args = parser.parse_args()
    split_trials(args.trials, args.num_parts).write(args.split)


if __name__ == "__main__":
    run(main)
