#!/usr/bin/env python3
"""Show melodic motifs as a picture: a stretch of a recording with its f0, line segments and motifs, or the dictionary of a singer.

Usage: utils/show_motifs.py [options] <data-dir> <out.png>

With --recording: f0 and line segments over the spectrogram from --start to --end, the steps between segments below, and with --motifs a
box for each motif; of those that overlap, the longer ones. With --singer and --motifs: the motifs of most support as small contours, each
with how often it is sung. Nothing is played.

Examples:
  utils/show_motifs.py --recording am-1 --start 12 --end 18 --motifs exp/motifs/train data/train am-1.png
  utils/show_motifs.py --singer am --motifs exp/motifs/train data/train am.png
"""

import argparse
import math
from collections import defaultdict
from pathlib import Path

import numpy as np

from cortado.ark import read
from cortado.command import make_parser, run
from cortado.datadir import DataDir
from cortado.datadir.audio import duration, read_audio
from cortado.errors import DataError
from cortado.motifs.cents import read_f0
from cortado.motifs.closed import Pattern
from cortado.motifs.contour import segments_between
from cortado.motifs.dictionary_files import read_motifs, read_occurrences
from cortado.motifs.occurrences import Occurrence

SECONDS = 6.0  # of a stretch whose end is not given


def main() -> None:
    args = parse_arguments()
    if args.recording is None:
        show_dictionary(args)
    else:
        show_stretch(args)


def parse_arguments() -> argparse.Namespace:
    parser = make_parser(__doc__)
    shown = parser.add_mutually_exclusive_group(required=True)
    shown.add_argument("--recording", help="draw a stretch of it")
    shown.add_argument("--singer", help="draw the dictionary of this one; needs --motifs")
    parser.add_argument("--motifs", type=Path, metavar="DIR", help="the folder that steps/find_motifs.sh made")
    parser.add_argument("--start", type=float, default=0.0, help="seconds, of --recording (default 0)")
    parser.add_argument("--end", type=float, help=f"seconds, of --recording (default {SECONDS:g} after --start)")
    parser.add_argument("data_dir", metavar="data-dir", help="with contour.scp; --recording reads f0.scp and wav.scp, too")
    parser.add_argument("out", type=Path, help="a .png")
    args = parser.parse_args()
    if args.out.suffix != ".png":
        parser.error(f"{args.out}: motifs are drawn as .png")
    if args.singer is not None and args.motifs is None:
        parser.error("--singer needs --motifs")
    if not 0 <= args.start < math.inf or (args.end is not None and not args.start < args.end < math.inf):
        parser.error(f"--start {args.start:g} is before 0 or not before --end {args.end}")
    return args


def show_stretch(args: argparse.Namespace) -> None:
    from cortado.report.motif_plot import Stretch, plot_stretch  # matplotlib takes longer to load than all the rest

    data_dir = DataDir(args.data_dir)
    f0 = read_f0(entry(data_dir, "f0.scp", args.recording), args.recording)
    contour = read(entry(data_dir, "contour.scp", args.recording))
    sound = entry(data_dir, "wav.scp", args.recording)
    if args.start >= (seconds := duration(sound)):
        raise DataError(sound, f"recording {args.recording} lasts {seconds:.3f} s, --start is {args.start:g}")
    end = min(args.start + SECONDS, seconds) if args.end is None else args.end
    samples, rate = read_audio(sound, args.start, end)
    found = read_occurrences(args.motifs / "occurrences") if args.motifs else []
    own = [occurrence for occurrence in found if occurrence.recording == args.recording]
    plot_stretch(Stretch(args.start, samples, rate, f0, contour), own, args.recording, args.out)


def show_dictionary(args: argparse.Namespace) -> None:
    from cortado.report.dictionary_plot import MOST_MOTIFS, plot_dictionary

    data_dir, path = DataDir(args.data_dir), args.motifs / "motifs"
    motifs = [motif for motif in read_motifs(path) if motif.singer == args.singer]
    if not motifs:
        raise DataError(path, f"has no motif of singer {args.singer}")
    drawn = motifs[:MOST_MOTIFS]
    own = [found for found in read_occurrences(args.motifs / "occurrences") if data_dir.utt2spk.get(found.recording) == args.singer]
    if not own:
        reason = f"has no occurrence in the recordings of {args.singer} in {data_dir.path}: give the data directory that the motifs were found in"
        raise DataError(args.motifs / "occurrences", reason)
    contours = contours_of(data_dir, own)
    title = f"{args.singer}: {len(drawn)} of {len(motifs)} motifs, those of most support first"
    plot_dictionary([(motif, contours[motif.pattern]) for motif in drawn], title, args.out)


def contours_of(data_dir: DataDir, occurrences: list[Occurrence]) -> dict[Pattern, list[np.ndarray]]:
    """The rows of contours that each pattern spans where it occurs."""
    recordings = {occurrence.recording for occurrence in occurrences}
    contours = {recording: read(entry(data_dir, "contour.scp", recording)) for recording in recordings}
    spanned = defaultdict(list)
    for occurrence in occurrences:
        spanned[occurrence.pattern].append(segments_between(contours[occurrence.recording], occurrence.start, occurrence.end))
    return spanned


def entry(data_dir: DataDir, table: str, recording: str) -> str:
    """Where the array, or the sound, of a recording lies. Raises DataError for one that the table does not have."""
    if recording not in data_dir.table(table):
        raise DataError(data_dir.path / table, f"has no recording {recording}")
    return data_dir.table(table)[recording]


if __name__ == "__main__":
    run(main)
