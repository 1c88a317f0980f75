#!/usr/bin/env python3
"""Split a data directory into <num-split> parts, <data-dir>/split<num-split>/1 and so on, for as many jobs.

The utterances of a speaker stay together. A split whose data directory has not changed since is left as it is.

    utils/split_data.sh data/train 8
    utils/split_data.sh --per-utt data/train 50      # data/train/split50utt/1 ...
"""

from cortado.command import make_parser, run
from cortado.datadir.split import split


def main() -> None:
    parser = make_parser(__doc__)
    parser.add_argument("--per-utt", action="store_true", help="the utterances of a speaker may go to several parts")
    parser.add_argument("data_dir")
    parser.add_argument("num_split", type=int)
    args = parser.parse_args()
    split(args.data_dir, args.num_split, args.per_utt)


if __name__ == "__main__":
    run(main)
