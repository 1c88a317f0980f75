#!/usr/bin/env python3
"""Put data directories together into one; then drop what not every file knows, as fix_data_dir.sh does.

utils/combine_data.sh data/train_aug data/train data/train_noise data/train_reverb
"""

from cortado.command import make_parser, run
from cortado.datadir import DataDir
from cortado.datadir.combine import combine
from cortado.datadir.fix import fix


def main() -> None:
    parser = make_parser(__doc__)
    parser.add_argument("--extra-files", default="", metavar="'F1 F2'", help="further files to put together")
    parser.add_argument("--skip-fix", choices=["true", "false"], default="false", help="leave the result as it is")
    parser.add_argument("target")
    parser.add_argument("sources", nargs="+", metavar="source")
    args = parser.parse_args()
    for sentence in combine([DataDir(source) for source in args.sources], args.target, args.extra_files.split()):
        print(f"combine_data.sh: {sentence}")
    if args.skip_fix == "false":
        for sentence in fix(args.target, utt_extra_files=args.extra_files.split()):
            print(f"combine_data.sh: {sentence}")


if __name__ == "__main__":
    run(main)
