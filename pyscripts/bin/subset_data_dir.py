#!/usr/bin/env python3
"""Write a part of a data directory: by default <count> utterances at even distances through the sorted list.

utils/subset_data_dir.sh data/train 10000 data/train_10k
utils/subset_data_dir.sh --per-spk data/train 20 data/train_20each
utils/subset_data_dir.sh --spk-list conf/test_speakers data/all data/test
"""

import argparse
import sys
from pathlib import Path

from cortado.command import make_parser, run
from cortado.datadir import DataDir, subset
from cortado.datadir.folder import replaced_data_dir
from cortado.datadir.select import write_subset
from cortado.datadir.table import few, read_list
from cortado.errors import DataError


def main() -> None:
    parser = make_parser(__doc__)
    how = parser.add_mutually_exclusive_group()
    for option, choose, text in (
        ("--first", subset.first, "the first utterances"),
        ("--last", subset.last, "the last utterances"),
        ("--shortest", subset.shortest, "the shortest utterances, by utt2num_frames or utt2dur"),
        ("--speakers", subset.whole_speakers, "whole speakers, until there are <count> utterances or more"),
        ("--per-spk", subset.per_speaker, "<count> utterances of each speaker, or all of one who has fewer"),
    ):
        how.add_argument(option, action="store_const", const=choose, dest="choose", default=subset.every_nth, help=text)
    how.add_argument("--utt-list", metavar="FILE", help="the utterances named in the first field of each line; no <count>")
    how.add_argument("--spk-list", metavar="FILE", help="the speakers named in the first field of each line; no <count>")
    parser.add_argument("source")
    parser.add_argument("count", nargs="?", type=int)
    parser.add_argument("target")
    args = parser.parse_args()
    if (args.count is None) != bool(args.utt_list or args.spk_list):
        parser.error("give a <count> between the directories, or one of --utt-list and --spk-list instead")
    source = DataDir(args.source)
    chosen = args.choose(source, args.count) if args.count is not None else _listed(source, args)
    with replaced_data_dir(args.target) as folder:
        write_subset(source, chosen, folder)
    print(f"subset_data_dir.sh: {args.target} has {len(chosen)} of the {len(source.utt2spk)} utterances of {args.source}")


def _listed(source: DataDir, args: argparse.Namespace) -> list[str]:
    path, known = (args.utt_list, source.utt2spk) if args.utt_list else (args.spk_list, source.spk2utt)
    names = read_list(path)
    unknown = [name for name in names if name not in known]
    if len(unknown) == len(names):
        raise DataError(path, f"names nothing that is in {args.source}")
    if unknown:
        print(f"subset_data_dir.sh: {Path(path)}: {len(unknown)} of {len(names)} are not in {args.source}: {few(unknown)}", file=sys.stderr)
    return subset.of_speakers(source, names) if args.spk_list else [name for name in names if name in known]


if __name__ == "__main__":
    run(main)
