#!/usr/bin/env python3
"""Put the parts of a table together, sorted, when nothing is lost: the end of a step that ran in parallel.

usage: merge_scps.py [options] <table> <part> [<part>...]

The parts are scps or other tables with a key at the start of each line. Every key of --expect must be in one of them, and
none that is not; what is missing is named, and beyond --allow-missing nothing is written.

  merge_scps.py --expect data/train/utt2spk data/train/feats.scp data/train/data/raw_fbank_train.{1,2,3,4}of4.scp
"""

import sys

from cortado.ark import merge_scps, read_scp
from cortado.command import make_parser, run
from cortado.datadir import read_table
from cortado.errors import DataError


def main() -> None:
    parser = make_parser(__doc__)
    parser.add_argument("table")
    parser.add_argument("parts", nargs="+", metavar="part")
    parser.add_argument("--expect", required=True, metavar="TABLE", help="a table with all the keys that there should be")
    parser.add_argument("--allow-missing", type=int, default=0, metavar="N", help="keys to go on without (default 0)")
    args = parser.parse_args()
    expected = set(read_table(args.expect))
    found = {key for part in args.parts for key in read_scp(part)}
    missing, foreign = sorted(expected - found), sorted(found - expected)
    if foreign:
        raise DataError(args.table, f"not written: {len(foreign)} keys are not in {args.expect}: {' '.join(foreign[:10])}")
    if missing:
        lost = f"{len(missing)} of the {len(expected)} keys of {args.expect} are in no part: {' '.join(missing[:10])}"
        if len(missing) > args.allow_missing:
            raise DataError(args.table, f"not written: {lost} (--allow-missing is {args.allow_missing})")
        print(f"merge_scps.py: {args.table}: {lost}", file=sys.stderr)
    merge_scps(args.parts, args.table)


if __name__ == "__main__":
    run(main)
