#!/usr/bin/env python3
"""Split a data directory into train, valid and test such that no recording, or no audio, is in two of them; say how far that holds.

Usage: utils/split_recordings.sh [options] <data-dir> <out>

Every speaker is trained on and tested. --split says what is not divided:
  recording  a recording, as utt2rec says, or else segments; those that share audio are one where find_shared_audio.sh wrote reco2group
  overlap    a group of overlapping clips, of the utt2group of find_shared_audio.sh; recordings are on both sides, and so is their sound
  random     a single clip, for a reproduction: most results published so are recognition of recordings, and every result is marked
The audio is then searched for what test has in common with the others. Only a random split may have any: it is written down and said.

Writes <out>/{train,valid,test}, and <out>/split.json, which scoring reads.

Example:
  utils/split_recordings.sh data/clips_clean data/by_recording
  utils/split_recordings.sh --split random --seed 1 data/clips data/random_seed1
"""

import shutil
from argparse import Namespace
from pathlib import Path

from cortado.command import make_parser, run
from cortado.datadir import DataDir
from cortado.datadir.folder import replaced_data_dir
from cortado.datadir.recording_split import Parts, measure_leak, split_recordings
from cortado.datadir.recordings import recordings_of
from cortado.datadir.select import write_subset
from cortado.datadir.shared_audio import RUN
from cortado.datadir.split_record import FORMAT, UNITS, PartSize, SplitRecord
from cortado.errors import DataError


def main() -> None:
    args = parse_arguments()
    source = DataDir(args.data_dir)
    parts = split_recordings(source, args.split, args.test_fraction, args.valid_fraction, args.seed)
    record = make_record(args, source, parts)
    print(f"split_recordings.sh: {record.label}: {record.leak()}")
    if record.num_overlapping and record.kind != "random":
        reason = (
            f"with --split {record.kind}, {record.leak()}; utils/find_shared_audio.sh finds which, and writes a directory to split instead"
        )
        raise DataError(source.path, reason)
    (args.out / "split.json").unlink(missing_ok=True)
    for part, utterances in parts._asdict().items():
        if utterances:
            with replaced_data_dir(args.out / part) as folder:
                write_subset(source, utterances, folder)
        else:
            shutil.rmtree(args.out / part, ignore_errors=True)
    record.write(args.out / "split.json")


def parse_arguments() -> Namespace:
    parser = make_parser(__doc__)
    parser.add_argument("--split", choices=list(UNITS), default="recording", help="what is not divided (default recording)")
    parser.add_argument("--test-fraction", type=float, default=0.2, metavar="X", help="of each speaker's clips (default 0.2)")
    parser.add_argument("--valid-fraction", type=float, default=0.1, metavar="X", help="of the clips not tested; 0 for none (default 0.1)")
    parser.add_argument("--seed", type=int, default=0, help="of the draw (default 0)")
    parser.add_argument("--min-run", type=int, default=RUN, metavar="N", help=f"equal samples that are found for certain (default {RUN})")
    parser.add_argument("data_dir", metavar="data-dir")
    parser.add_argument("out", type=Path)
    return parser.parse_args()


def make_record(args: Namespace, source: DataDir, parts: Parts) -> SplitRecord:
    recordings = recordings_of(source)
    sizes = {part: PartSize(len(clips), len({recordings[clip] for clip in clips})) for part, clips in parts._asdict().items()}
    leak = measure_leak(source, parts, args.min_run)
    return SplitRecord(
        format=FORMAT,
        kind=args.split,
        seed=args.seed,
        **sizes,
        num_copies=len(leak.copies),
        num_overlapping=len(leak.copies | leak.overlapping),
        min_run=args.min_run,
    )


if __name__ == "__main__":
    run(main)
