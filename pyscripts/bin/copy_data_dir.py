#!/usr/bin/env python3
"""Copy a data directory, with prefixes and suffixes for the names of utterances and speakers; then validate the copy.

utils/copy_data_dir.sh --utt-prefix sp0.9- --spk-prefix sp0.9- data/train data/train_sp0.9
"""

from cortado.command import make_parser, run
from cortado.datadir import DataDir
from cortado.datadir.rename import Affixes, copy
from cortado.datadir.validate import problems
from cortado.errors import CortadoError

VALIDATE_OPTS = {"--no-feats", "--no-text", "--no-wav", "--no-spk-sort", "--non-print"}


def main() -> None:
    parser = make_parser(__doc__)
    for option in ("--utt-prefix", "--utt-suffix", "--spk-prefix", "--spk-suffix"):
        parser.add_argument(option, default="", metavar="TEXT")
    parser.add_argument("--validate-opts", default="", metavar="'OPTS'", help="options of validate_data_dir.sh, such as --non-print")
    parser.add_argument("source")
    parser.add_argument("target")
    args = parser.parse_args()
    unknown = set(args.validate_opts.split()) - VALIDATE_OPTS
    if unknown:
        parser.error(f"--validate-opts: unknown {' '.join(sorted(unknown))}; there are {' '.join(sorted(VALIDATE_OPTS))}")
    copy(DataDir(args.source), args.target, Affixes(args.utt_prefix, args.utt_suffix, args.spk_prefix, args.spk_suffix))
    found = problems(args.target, non_print="--non-print" in args.validate_opts)
    if found:
        raise CortadoError("the copy is not a valid data directory:\n" + "\n".join(found))
    print(f"copy_data_dir.sh: copied {args.source} to {args.target}")


if __name__ == "__main__":
    run(main)
