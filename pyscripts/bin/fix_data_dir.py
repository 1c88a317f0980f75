#!/usr/bin/env python3
"""Make a data directory valid: sort its files, drop lines that cannot be read and utterances that not every file knows.

Says what was dropped and why; the old files are kept in <data-dir>/.backup.

    utils/fix_data_dir.sh --utt-extra-files "utt2snr utt2noise" data/train
"""

from cortado.command import make_parser, run
from cortado.datadir.fix import fix


def main() -> None:
    parser = make_parser(__doc__)
    parser.add_argument("--utt-extra-files", default="", metavar="'F1 F2'", help="further files by utterance, to be cut down likewise")
    parser.add_argument("--spk-extra-files", default="", metavar="'F1 F2'", help="further files by speaker, to be cut down likewise")
    parser.add_argument("data_dir")
    args = parser.parse_args()
    for sentence in fix(args.data_dir, args.utt_extra_files.split(), args.spk_extra_files.split()):
        print(f"fix_data_dir.sh: {sentence}")


if __name__ == "__main__":
    run(main)
