#!/usr/bin/env python3
"""Show what is in an ark: kinds, shapes, values, NaN.

Reads scps and arks of matrices (float, double, compressed), vectors, int vectors (alignments) and uint8 volumes, binary or
text, gzipped, or from a command. Without options: a table of the first objects with their values, and a summary of all
objects, for which headers alone are read.

Examples:
  utils/show_ark.py data/train/feats.scp                      # what is in it?
  utils/show_ark.py data/train/feats.scp --all                # is there a NaN anywhere?
  utils/show_ark.py exp/mono/ali.1.gz --key utt-17 --head 3   # its first values
  utils/show_ark.py data/train/feats.scp --key utt-17 --plot utt-17.png
  utils/show_ark.py 'ark:gunzip -c feats.ark.gz |' --text | head
"""

import argparse
import itertools
import shutil
import sys

from cortado.ark import open_table
from cortado.ark.display import align, format_number, format_rows
from cortado.ark.format import FormatError
from cortado.ark.listing import Statistics, Summary, find_object, kind_name, shape_name, statistics, walk
from cortado.ark.sequential import Entry
from cortado.ark.text import format_text
from cortado.command import make_parser, run
from cortado.errors import CortadoError

COLUMNS = ("key", "kind", "shape", "min", "mean", "max", "NaN", "inf")


def main() -> None:
    args = parse_arguments()
    if args.text:
        print_text(args.rspecifier, args.key)
    elif args.plot:
        plot(args.rspecifier, args.key, args.plot)
    elif args.key is not None:
        show_object(args.rspecifier, args.key, args.head)
    else:
        show_table(args.rspecifier, args.num, args.all)
    sys.stdout.flush()  # here, where a closed pipe is still understood


def parse_arguments() -> argparse.Namespace:
    parser = make_parser(__doc__)
    parser.add_argument("rspecifier", help="x.scp, x.ark, x.gz, scp:path, ark:path, ark:- or 'ark:command |'")
    parser.add_argument("--num", type=int, default=20, metavar="N", help="objects in the table (default: %(default)s)")
    parser.add_argument("--all", action="store_true", help="read the values of all objects, not only of those in the table")
    parser.add_argument("--key", metavar="KEY", help="show the values of this object (--plot takes the first one without it)")
    parser.add_argument("--head", type=int, default=5, metavar="N", help="with --key: rows to show (default: %(default)s)")
    parser.add_argument("--plot", metavar="FILE.png", help="draw a matrix as a heat map, a vector as a curve, a volume as a film strip")
    parser.add_argument("--text", action="store_true", help="print the table, or the object of --key, in Kaldi's text form")
    args = parser.parse_args()
    if args.num < 0 or args.head < 1:
        parser.error("--num counts from 0, --head from 1")
    if args.text and args.plot:
        parser.error("--text and --plot exclude each other")
    return args


def show_table(rspecifier: str, num: int, read_all: bool) -> None:
    """The first `num` objects, also when reading fails among them; then the summary of all."""
    objects = walk(rspecifier, lambda index, key: read_all or index < num)
    summary, rows = Summary(), [COLUMNS]
    try:
        for entry, array in itertools.islice(objects, num):
            values = statistics(array)
            summary.add(entry, values)
            rows.append(table_row(entry, values))
    finally:
        if len(rows) > 1:
            print(*align(rows, left=2), sep="\n", end="\n\n", flush=True)
    for entry, array in objects:
        summary.add(entry, None if array is None else statistics(array))
    print(*summary.lines(), sep="\n")


def table_row(entry: Entry, values: Statistics) -> tuple[str, ...]:
    numbers = map(format_number, (values.minimum, values.mean, values.maximum))
    return entry.key, kind_name(entry), shape_name(entry.shape), *numbers, f"{values.num_nan}", f"{values.num_inf}"


def show_object(rspecifier: str, key: str, num_rows: int) -> None:
    entry, array = find_object(rspecifier, key)
    print(*align([COLUMNS, table_row(entry, statistics(array))], left=2), sep="\n", end="\n\n")
    for line in format_rows(array, num_rows, shutil.get_terminal_size(fallback=(120, 24)).columns):
        print(line)


def plot(rspecifier: str, key: str | None, path: str) -> None:
    from cortado.report.ark_plot import plot_array  # matplotlib takes longer to load than all the rest

    entry, array = find_object(rspecifier, key)
    plot_array(array, f"{entry.key}: {kind_name(entry)}, {shape_name(entry.shape)}", path)


def print_text(rspecifier: str, key: str | None) -> None:
    if key is None:
        table = open_table(rspecifier)
    else:
        table = [(key, find_object(rspecifier, key)[1])]
    for name, array in table:
        try:
            sys.stdout.write(f"{name} {format_text(array)}")
        except FormatError as error:
            raise CortadoError(f"{rspecifier}: {name}: {error}") from None


if __name__ == "__main__":
    run(main)
