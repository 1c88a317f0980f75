#!/usr/bin/env python3
"""Print spk2utt, 'speaker utterance utterance ...', of a utt2spk; of standard input without an argument.

utils/utt2spk_to_spk2utt.py data/train/utt2spk > data/train/spk2utt
"""

import sys
from pathlib import Path

# In place of the directory of this script: nothing in utils/ may be taken for a module of the standard library.
sys.path[0] = str(Path(__file__).resolve().parent.parent / "pyscripts")

from cortado.command import make_parser, run  # noqa: E402
from cortado.datadir import read_table, utt2spk_to_spk2utt  # noqa: E402


def main() -> None:
    parser = make_parser(__doc__)
    parser.add_argument("utt2spk", nargs="?", default="/dev/stdin")
    spk2utt = utt2spk_to_spk2utt(read_table(parser.parse_args().utt2spk))
    sys.stdout.reconfigure(encoding="utf-8")
    sys.stdout.writelines(f"{speaker} {' '.join(utterances)}\n" for speaker, utterances in spk2utt.items())


if __name__ == "__main__":
    run(main)
