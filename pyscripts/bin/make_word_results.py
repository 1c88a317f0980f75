#!/usr/bin/env python3
"""Write the RESULTS.md of a recognition recipe from its scored decodings and alignments.

Usage: utils/make_word_results.sh [options] <folder> [<folder> ...]

Takes every result.json of steps/score.sh and every boundaries.json of utils/compare_ctm.sh below the folders and rewrites the file --out as a
whole: word error rates with one row per set and system, training seeds (--info seed=N) together in one row; the boundary errors; then
commands and commits. The same results give the same bytes.

Example:
  utils/make_word_results.sh --header conf/results_header.md exp
"""

from pathlib import Path

from cortado.command import make_parser, run
from cortado.errors import DataError
from cortado.files import atomic_write
from cortado.report.boundaries import read_boundary_results, render_boundaries
from cortado.report.results import read_header
from cortado.report.word_results import read_word_runs, render_words


def main() -> None:
    parser = make_parser(__doc__)
    parser.add_argument("--out", default="RESULTS.md", metavar="FILE", help="the file to write (default RESULTS.md)")
    parser.add_argument("--header", metavar="FILE", help="Markdown to put on top, starting with the title")
    parser.add_argument("folders", nargs="+", type=Path, metavar="folder", help="folders to look in, with all below them")
    args = parser.parse_args()
    found = {name: [path for folder in args.folders for path in sorted(folder.rglob(name))] for name in ("result.json", "boundaries.json")}
    if not found["result.json"]:
        raise DataError(args.folders[0], "no result.json below this folder; steps/score.sh writes one")
    runs = read_word_runs(found["result.json"], relative_to=Path(args.out).parent)
    header = read_header(args.header).strip() if args.header else "# Results"
    parts = [header, "Made by utils/make_word_results.sh from the folders named below; do not edit.", render_words(runs).strip()]
    if found["boundaries.json"]:
        parts.append(render_boundaries(read_boundary_results(found["boundaries.json"])).strip())
    with atomic_write(args.out) as out:
        out.write("\n\n".join(parts) + "\n")
    print(f"{args.out}: made from {len(runs)} result.json and {len(found['boundaries.json'])} boundaries.json")


if __name__ == "__main__":
    run(main)
