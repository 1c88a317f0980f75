#!/usr/bin/env python3
"""Make the contours of the f0 of a data directory: the last job of steps/make_contours.sh.

usage: make_contours.py <config> <levels> <data-dir> <out>

Writes <out>.ark and <out>.scp, for each recording of <data-dir>/f0.scp a float32 matrix with a line segment in each row: start frame, end
frame (exclusive), cents of its level above 55 Hz, and the symbol of the step from the segment before (+ up, - down; 0 where a phrase
begins). <out>.contour_report names recordings without a voiced frame, which have no contour. What was made is counted on stderr.

  make_contours.py conf/contour.yaml exp/contour/levels data/test data/test/data/contour_test
"""

import sys
from collections import Counter

import numpy as np

from cortado.ark import ArkWriter
from cortado.command import make_parser, progress, run
from cortado.config import load_config
from cortado.datadir import DataDir, read_table, write_table
from cortado.errors import DataError
from cortado.motifs.cents import read_f0_table
from cortado.motifs.contour import END, START, SYMBOL, make_contour
from cortado.motifs.contour_config import ContourConfig
from cortado.motifs.levels import Levels


def main() -> None:
    parser = make_parser(__doc__)
    parser.add_argument("config", help="YAML of the contours, such as conf/contour.yaml")
    parser.add_argument("levels", help="what estimate_levels.py wrote")
    parser.add_argument("data_dir")
    parser.add_argument("out", help="path of the outputs, without their suffixes")
    args = parser.parse_args()
    config, levels, scp = load_config(ContourConfig, args.config), Levels.read(args.levels), DataDir(args.data_dir).path / "f0.scp"
    symbols, lengths, report = Counter(), [], {}
    total = len(read_table(scp))
    with ArkWriter(f"{args.out}.ark", f"{args.out}.scp") as writer:
        for recording, f0 in progress(read_f0_table(scp), total, "recordings"):
            contour = make_contour(f0, levels, config.min_run, config.min_gap)
            if not len(contour):
                report[recording] = explain(f0, config)
                print(f"{recording}: {report[recording]}", file=sys.stderr)
                continue
            writer.write(recording, contour)
            symbols.update(contour[:, SYMBOL].astype(int).tolist())
            lengths.append(contour[:, END] - contour[:, START])
        if not lengths:
            raise DataError(scp, f"none of the {total} recordings has a contour; {min(report)}: {report[min(report)]}")
    write_table(f"{args.out}.contour_report", report)
    print(describe(symbols, np.concatenate(lengths), len(lengths)), file=sys.stderr)


def explain(f0: np.ndarray, config: ContourConfig) -> str:
    """Why a recording has no segment."""
    voiced = np.count_nonzero(f0)
    reason = f"none of them lies on one level for {config.min_run} (min_run)" if voiced else "lower the threshold of voicing of the f0"
    return f"dropped, {voiced} of {len(f0)} frames are voiced: {reason}"


def describe(symbols: Counter, lengths: np.ndarray, num_recordings: int) -> str:
    """Two lines: how many segments, phrases and frames; how many steps of each symbol."""
    steps = [f"{symbol:+d}: {count:,}" for symbol, count in sorted(symbols.items()) if symbol]
    return (
        f"{len(lengths):,} segments in {symbols[0]:,} phrases of {num_recordings:,} recordings; median {np.median(lengths):g} frames, "
        f"{100 * np.mean(lengths == 1):.1f} % have one\nsteps: {', '.join(steps) or 'none, for every phrase has one segment'}"
    )


if __name__ == "__main__":
    run(main)
