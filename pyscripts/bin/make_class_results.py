#!/usr/bin/env python3
"""Write the RESULTS.md of a singer (or other class) identification recipe from its scored posteriors.

Usage: utils/make_class_results.sh [options] <folder> [<folder> ...]

Takes every result.json of steps/score_classes.sh below the folders and rewrites the file --out as a whole: a table for each kind of split,
a random one marked as a reproduction, with a row for each set of clips, system and features; seeds together in one row; then commands and
commits. Every set of clips must have been scored with all three controls of steps/control_classes.sh. The same results give the same bytes.

Example:
  utils/make_class_results.sh --header conf/results_header.md exp
"""

from pathlib import Path

from cortado.command import make_parser, run
from cortado.files import atomic_write
from cortado.report.class_results import read_class_runs, render_classes
from cortado.report.results import read_header


def main() -> None:
    parser = make_parser(__doc__)
    parser.add_argument("--out", default="RESULTS.md", metavar="FILE", help="the file to write (default RESULTS.md)")
    parser.add_argument("--header", metavar="FILE", help="Markdown to put on top, starting with the title")
    parser.add_argument("folders", nargs="+", metavar="folder", help="folders to look for result.json in, with all below them")
    args = parser.parse_args()
    runs = read_class_runs(args.folders, relative_to=Path(args.out).parent)
    header = read_header(args.header).strip() if args.header else "# Results"
    parts = [header, "Made by utils/make_class_results.sh from the score folders named below; do not edit.", render_classes(runs)]
    with atomic_write(args.out) as out:
        out.write("\n\n".join(parts))
    print(f"{args.out}: made from {len(runs)} result.json")


if __name__ == "__main__":
    run(main)
