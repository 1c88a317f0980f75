#!/usr/bin/env python3
"""Sort every file of a data directory as LC_ALL=C sort does. A malformed file is an error and leaves all as they were.

utils/sort_data_dir.sh data/train
"""

from cortado.command import make_parser, run
from cortado.datadir.sort import sort


def main() -> None:
    parser = make_parser(__doc__)
    parser.add_argument("data_dir")
    sort(parser.parse_args().data_dir)


if __name__ == "__main__":
    run(main)
