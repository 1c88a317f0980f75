#!/usr/bin/env python3
"""Write a recipe's RESULTS.md from the score folders of steps/score_trials.sh.

Usage: utils/make_results.sh [options] <folder> [<folder> ...]

Takes every result.json below the folders and rewrites the file --out as a whole: one row per condition, system and back end,
training seeds (--info seed=N when scoring) together in one row; then the trial lists with MD5, commands and commits. The same
results give the same bytes.

Example:
  utils/make_results.sh --header conf/results_header.md --det exp/det exp
"""

from pathlib import Path

from cortado.command import make_parser, run
from cortado.files import atomic_write
from cortado.report.results import draw_det, find_runs, read_header, render


def main():
    parser = make_parser(__doc__)
    parser.add_argument("--out", default="RESULTS.md", metavar="FILE", help="the file to write (default RESULTS.md)")
    parser.add_argument("--header", metavar="FILE", help="Markdown to put on top, starting with the title")
    parser.add_argument("--det", metavar="FOLDER", help="also draw the DET curves into this folder, one plot for each condition")
    parser.add_argument("folders", nargs="+", metavar="folder", help="folders to look for result.json in, with all below them")
    args = parser.parse_args()
    runs = find_runs(args.folders, relative_to=Path(args.out).parent)
    text = render(runs, read_header(args.header) if args.header else "# Results")
    if args.det:
        draw_det(runs, args.det)
    with atomic_write(args.out) as out:
        out.write(text)
    print(f"{args.out}: made from {len(runs)} result.json")


if __name__ == "__main__":
    run(main)
