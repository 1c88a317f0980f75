#!/usr/bin/env python3
"""Write utt2dur, the length of each utterance in seconds: of segments where there are any, else of the audio.

Only headers of files are read; Kaldi pipes are run.

    utils/data/get_utt2dur.sh --nj 8 data/train
"""

from pathlib import Path

from cortado.command import make_parser, run
from cortado.datadir import DataDir, write_table
from cortado.datadir.lengths import durations


def main() -> None:
    parser = make_parser(__doc__)
    parser.add_argument("--nj", type=int, default=4, metavar="N", help="how many recordings are looked at at a time (4)")
    parser.add_argument("data_dir")
    args = parser.parse_args()
    if args.nj < 1:
        parser.error(f"--nj {args.nj}: at least 1 is needed")
    found = durations(DataDir(args.data_dir), args.nj)
    write_table(Path(args.data_dir) / "utt2dur", {utterance: round(seconds, 6) for utterance, seconds in found.items()})


if __name__ == "__main__":
    run(main)
