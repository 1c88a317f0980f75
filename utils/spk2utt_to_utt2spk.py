#!/usr/bin/env python3
"""Print utt2spk, 'utterance speaker', sorted, of a spk2utt; of standard input without an argument.

utils/spk2utt_to_utt2spk.py data/train/spk2utt > data/train/utt2spk
"""

import sys
from pathlib import Path

# In place of the directory of this script: nothing in utils/ may be taken for a module of the standard library.
sys.path[0] = str(Path(__file__).resolve().parent.parent / "pyscripts")

from cortado.command import make_parser, run  # noqa: E402
from cortado.datadir import read_table, spk2utt_to_utt2spk  # noqa: E402
from cortado.datadir.table import sorted_lines  # noqa: E402
from cortado.errors import DataError  # noqa: E402


def main() -> None:
    parser = make_parser(__doc__)
    parser.add_argument("spk2utt", nargs="?", default="/dev/stdin")
    path = parser.parse_args().spk2utt
    try:
        utt2spk = spk2utt_to_utt2spk(read_table(path))
    except ValueError as error:
        raise DataError(path, str(error)) from None
    sys.stdout.reconfigure(encoding="utf-8")
    sys.stdout.writelines(sorted_lines(utt2spk))


if __name__ == "__main__":
    run(main)
