#!/usr/bin/env python3
"""Show the lips of an utterance with what is said under them, as a film strip (.png) or as a film (.gif).

Usage: utils/show_lips.py [options] <data-dir> <utterance> <out>

Under the pictures are rows of words or phones from CTM files: those that --ctm names, or the reference, <data-dir>/ctm, where there is
one. --posteriors adds a heat map of what a network makes of the lips: the classes that reach 0.2, in the order in which they peak. In the
film a line goes through them, and what is said at the moment stands beside the frame.

Examples:
  utils/show_lips.py data/test s1-bbaf2n bbaf2n.gif
  utils/show_lips.py --ctm reference=data/test/ctm --ctm hypothesis=exp/vsr/decode_test/ctm --posteriors exp/vsr/post_test/post.scp \\
    data/test s1-bbaf2n bbaf2n.gif
"""

import argparse
from pathlib import Path

from cortado.ark import read
from cortado.command import make_parser, run
from cortado.datadir import DataDir, read_table
from cortado.errors import DataError
from cortado.lang.ctm import Timed, read_ctm


def main() -> None:
    args = parse_arguments()
    from cortado.report.film_strip import plot_film_strip, write_film  # matplotlib takes longer to load than all the rest

    data_dir = DataDir(args.data_dir)
    frames = read(entry(data_dir.path / "lips.scp", args.utterance))
    rows = {name: labels_of(path, args.utterance) for name, path in (args.ctm or default_ctm(data_dir)).items()}
    log_posteriors = read(entry(args.posteriors, args.utterance)) if args.posteriors else None
    text = data_dir.text.get(args.utterance) if data_dir.has("text") else None
    show = write_film if args.out.suffix == ".gif" else plot_film_strip
    show(frames, rows, f"{args.utterance}: {text}" if text else args.utterance, args.out, log_posteriors)


def parse_arguments() -> argparse.Namespace:
    parser = make_parser(__doc__)
    parser.add_argument("--ctm", action="append", metavar="NAME=FILE", help="a row of this name (several times: several rows)")
    parser.add_argument(
        "--posteriors", type=Path, metavar="SCP", help="log posteriors of a network, as steps/compute_posteriors.sh makes them"
    )
    parser.add_argument("data_dir", metavar="data-dir")
    parser.add_argument("utterance")
    parser.add_argument("out", type=Path, help="a .png or .gif")
    args = parser.parse_args()
    if args.out.suffix not in (".png", ".gif"):
        parser.error(f"{args.out}: lips are written as .png or .gif")
    if any("=" not in row for row in args.ctm or []):
        parser.error("--ctm is NAME=FILE")
    args.ctm = {name: Path(path) for name, path in (row.split("=", 1) for row in args.ctm or [])}
    return args


def default_ctm(data_dir: DataDir) -> dict[str, Path]:
    return {"reference": data_dir.path / "ctm"} if data_dir.has("ctm") else {}


def entry(scp: Path, utterance: str) -> str:
    """Where the array of an utterance lies. Raises DataError for one that the table does not have."""
    table = read_table(scp)
    if utterance not in table:
        raise DataError(scp, f"has no utterance {utterance}")
    return table[utterance]


def labels_of(ctm: Path, utterance: str) -> list[Timed]:
    """What is said. Raises DataError for an utterance of which the file says nothing."""
    said = read_ctm(ctm)
    if utterance not in said:
        raise DataError(ctm, f"has no utterance {utterance}")
    return said[utterance]


if __name__ == "__main__":
    run(main)
