#!/usr/bin/env python3
"""Compare the times of words or phones with reference ones: how far their boundaries lie apart.

usage: compare_ctm.py [options] <reference-ctm> <ctm>

All utterances of <ctm> are compared; they must say the same as in the reference. With --ignore, labels such as SIL are left out of both.

  utils/compare_ctm.sh --json exp/tri1/boundaries.json --system tri1 --condition train data/train/ctm exp/tri1/ctm
  utils/compare_ctm.sh --ignore SIL data/train/phones.ctm exp/tri1/phones.ctm
"""

from pathlib import Path

from cortado.command import command_line, make_parser, run
from cortado.errors import ConfigError
from cortado.lang.ctm import Timed, read_ctm
from cortado.score.boundaries import FORMAT, BoundaryResult, differences, summarise
from cortado.score.result import code_version, parse_facts


def main() -> None:
    parser = make_parser(__doc__)
    parser.add_argument("--ignore", default="", metavar="'LABEL ...'", help="labels to leave out of both")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there too; needs --system and --condition")
    parser.add_argument("--system", help="name of the aligner in tables")
    parser.add_argument("--condition", help="name of the set in tables")
    parser.add_argument("--info", default="", metavar="'KEY=VALUE ...'", help="facts to record: key=value or file.json")
    parser.add_argument("reference")
    parser.add_argument("ctm")
    args = parser.parse_args()
    if args.json and not (args.system and args.condition):
        raise ConfigError("--json needs names for tables: --system and --condition")
    ignored = set(args.ignore.split())
    errors = summarise(list(differences(read(args.reference, ignored), read(args.ctm, ignored)).values()))
    print(errors.summary())
    if args.json:
        facts, version = parse_facts(args.info.split()), code_version(Path(__file__).resolve().parent)
        result = BoundaryResult(FORMAT, args.system, args.condition, args.reference, args.ctm, errors, facts, version, command_line())
        result.write(args.json)


def read(path: str, ignored: set[str]) -> dict[str, list[Timed]]:
    return {utt: [timed for timed in said if timed.label not in ignored] for utt, said in read_ctm(path).items()}


if __name__ == "__main__":
    run(main)
