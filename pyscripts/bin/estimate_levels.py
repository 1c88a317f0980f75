#!/usr/bin/env python3
"""Estimate the levels of contours on all f0 of a data directory: the first job of steps/make_contours.sh.

usage: estimate_levels.py <config> <data-dir> <levels>

Reads <data-dir>/f0.scp and writes <levels>, a YAML file: the centre of each level in cents above 55 Hz, and where the classes of steps
part. The contours of other recordings, test recordings above all, are made with the same file.

  estimate_levels.py conf/contour.yaml data/train exp/contour/levels
"""

import sys

from cortado.command import make_parser, run
from cortado.config import load_config
from cortado.datadir import DataDir
from cortado.motifs.cents import cents_to_hz, read_f0_table
from cortado.motifs.contour_config import ContourConfig
from cortado.motifs.estimate_levels import estimate_levels
from cortado.motifs.levels import Levels


def main() -> None:
    parser = make_parser(__doc__)
    parser.add_argument("config", help="YAML of the contours, such as conf/contour.yaml")
    parser.add_argument("data_dir")
    parser.add_argument("levels", help="the file to write")
    args = parser.parse_args()
    config, scp = load_config(ContourConfig, args.config), DataDir(args.data_dir).path / "f0.scp"
    levels = estimate_levels(lambda: (f0 for _, f0 in read_f0_table(scp)), config)
    levels.write(args.levels, args.data_dir)
    print(describe(levels), file=sys.stderr)


def describe(levels: Levels) -> str:
    """'28 levels from 110.2 to 310.9 Hz, 66.5 cents apart on average; classes of steps part at 70 and 112 cents'"""
    centres = levels.centres
    low, high = cents_to_hz([centres[0], centres[-1]])
    apart = (centres[-1] - centres[0]) / (len(centres) - 1)
    classes = (
        "steps are counted in levels" if levels.classes == "raw" else "classes of steps part at {:g} and {:g} cents".format(*levels.classes)
    )
    return f"{len(centres)} levels from {low:.1f} to {high:.1f} Hz, {apart:.1f} cents apart on average; {classes}"


if __name__ == "__main__":
    run(main)
