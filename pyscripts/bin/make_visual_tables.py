#!/usr/bin/env python3
"""Write the tables and the figure of the paper on StiRes3D from trained and scored lip readers.

Usage: utils/make_visual_tables.sh [options] <exp-dir> [<exp-dir> ...]

The paper is J. Zeng, J. Du, Z. Wang, "HMM-based lip reading with stingy residual 3D convolution". Takes every folder of
steps/train_lips.sh in the experiment folders, with its decoding of the set --condition, and writes Markdown: WER and cost of the visual
modules beside the published ones (tables 2 and 4), losses (table 3), and WER and cost over omega (figure 3), where two omegas or more have
been trained. Seeds of a system are put together. The same runs give the same bytes.

Example:
  utils/make_visual_tables.sh --condition "test, grammar" --systems "resnet18 all3d p3d sti3d stires3d" exp
"""

import os
from pathlib import Path

from cortado.command import make_parser, run
from cortado.files import atomic_write
from cortado.report.omega_plot import plot_omegas
from cortado.report.visual_runs import find_visual_runs
from cortado.report.visual_tables import figure_rows, group_visual_runs, is_synthetic, render_visual_tables


def main() -> None:
    args = parse_arguments()
    wanted = args.systems.split()
    runs, without = find_visual_runs(args.exp_dirs, args.condition, wanted)
    for folder in without:
        print(f"left out: {folder}, which has no decoding of '{args.condition}'")
    rows = group_visual_runs(runs)
    if missing := set(wanted) - {row.system for row in rows}:
        print(f"not there: {' '.join(sorted(missing))}")
    points = [row.point() for row in figure_rows(rows)]
    figure = args.out.with_name(args.figure) if len(points) > 1 else None
    if figure:
        plot_omegas(points, figure, f"StiRes3D, {args.condition}{' (synthetic speech)' if is_synthetic(rows) else ''}")
    with atomic_write(args.out) as out:
        out.write(render_visual_tables(rows, args.condition, figure and os.path.relpath(figure, args.out.parent)))
    print(f"{args.out}: {len(rows)} systems, {sum(len(row.runs) for row in rows)} runs{f'; {figure}' if figure else ''}")


def parse_arguments():
    parser = make_parser(__doc__)
    parser.add_argument("--condition", default="test, 4-gram", metavar="NAME", help="as score.sh was told (default 'test, 4-gram')")
    parser.add_argument("--systems", default="", metavar="'A B'", help="these alone, by their names in tables (default: all)")
    parser.add_argument("--out", type=Path, default=Path("TABLES.md"), metavar="FILE", help="the Markdown to write (default TABLES.md)")
    parser.add_argument("--figure", default="omega.png", metavar="NAME", help="the PNG to write beside it (default omega.png)")
    parser.add_argument("exp_dirs", nargs="+", type=Path, metavar="exp-dir", help="experiment folder of a recipe")
    return parser.parse_args()


if __name__ == "__main__":
    run(main)
