#!/usr/bin/env python3
"""Write utt2num_frames, the number of frames of each utterance, of the headers of its features.

utils/data/get_utt2num_frames.sh data/train
"""

from pathlib import Path

from cortado.command import make_parser, run
from cortado.datadir import DataDir, write_table
from cortado.datadir.lengths import num_frames


def main() -> None:
    parser = make_parser(__doc__)
    parser.add_argument("data_dir")
    args = parser.parse_args()
    write_table(Path(args.data_dir) / "utt2num_frames", num_frames(DataDir(args.data_dir)))


if __name__ == "__main__":
    run(main)
