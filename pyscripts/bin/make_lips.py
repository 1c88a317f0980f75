#!/usr/bin/env python3
"""Cut the lips out of the videos of a data directory: one job of steps/make_lips.sh.

usage: make_lips.py <config> <data-dir> <out>

Writes <out>.ark and <out>.scp (uint8, frames x size x size, or frames x size x size x 3 for RGB), the tables <out>.utt2num_lips,
<out>.lips.md5 and <out>.lips_report, and <out>.png, crops of some clips to look at.
A clip that cannot be used is left out; the report says why ("dropped, no face: ..."). What else is odd is there too ("kept, ...").

  make_lips.py conf/lips.yaml data/train/split4utt/1 data/train/data/lips_train.1of4
"""

import hashlib
import sys
from collections.abc import Iterator

import numpy as np

from cortado.ark import ArkWriter
from cortado.command import make_parser, progress, run
from cortado.config import load_config
from cortado.datadir import DataDir, Segment, write_table
from cortado.errors import DataError
from cortado.video import LipsConfig, make_lips
from cortado.video.lips import Lips
from cortado.video.sheet import sample_frames, write_sheet

SHEET_ROWS = 16


def main() -> None:
    parser = make_parser(__doc__)
    parser.add_argument("config", help="YAML of the crops, such as conf/lips.yaml")
    parser.add_argument("data_dir")
    parser.add_argument("out", help="path of the outputs, without their suffixes")
    args = parser.parse_args()
    config, data_dir = load_config(LipsConfig, args.config), DataDir(args.data_dir)
    utterances = data_dir.utterances
    shown = {utterances[number] for number in np.linspace(0, len(utterances) - 1, SHEET_ROWS).round().astype(int)}
    num_frames, md5s, report, sheet = {}, {}, {}, {}
    with ArkWriter(f"{args.out}.ark", f"{args.out}.scp") as writer:
        for utterance, lips in progress(iterate_lips(data_dir, config), len(utterances), "clips"):
            if lips.faults:
                report[utterance] = describe(lips)
                print(f"{utterance}: {report[utterance]}", file=sys.stderr, flush=True)
            if lips.frames is not None:
                writer.write(utterance, lips.frames)
                num_frames[utterance] = len(lips.frames)
                md5s[utterance] = hashlib.md5(lips.frames, usedforsecurity=False).hexdigest()
                if utterance in shown:
                    sheet[utterance] = sample_frames(lips.frames)
    print(f"lips of {len(num_frames)} of {len(utterances)} clips", file=sys.stderr)
    write_table(f"{args.out}.utt2num_lips", num_frames)
    write_table(f"{args.out}.lips.md5", md5s)
    write_table(f"{args.out}.lips_report", report)
    write_sheet(sheet, f"{args.out}.png")


def iterate_lips(data_dir: DataDir, config: LipsConfig) -> Iterator[tuple[str, Lips]]:
    """(utterance, its lips), in order; segments are honoured. Raises DataError where segments or video.scp lack one."""
    roi, has_segments, videos = config.build_roi(), data_dir.has("segments"), data_dir.table("video.scp")
    for utterance in data_dir.utterances:
        if has_segments and utterance not in data_dir.segments:
            raise DataError(data_dir.path / "segments", f"has no utterance {utterance}")
        recording, start, end = data_dir.segments[utterance] if has_segments else Segment(utterance, 0.0, None)
        if recording not in videos:
            raise DataError(data_dir.path / "video.scp", f"has no recording {recording}")
        yield utterance, make_lips(videos[recording], roi, config, start, end)


def describe(lips: Lips) -> str:
    """'dropped, no face: ...; different length: ...'"""
    fate = "dropped" if lips.frames is None else "kept"
    return f"{fate}, {'; '.join(map(str, lips.faults))}"


if __name__ == "__main__":
    run(main)
