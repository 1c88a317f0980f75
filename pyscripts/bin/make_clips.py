#!/usr/bin/env python3
"""Cut recordings into clips by their motifs: one job of steps/make_clips.sh.

usage: make_clips.py [options] <data-dir> <motif-dir> <clips-dir>

Reads wav.scp and utt2spk of <data-dir> and `occurrences` of <motif-dir>. Makes the data directory <clips-dir>, whose utterances are
  motifs    the occurrences, those of several motifs in one interval once
  segments  --seconds around each of them, moved into the recording where they would reach beyond it
  random    as many clips of the same durations in each recording, at random places that have nothing in common with its motifs: within
            phrases (contour.scp of <data-dir>), or anywhere in the recording
Motifs overlap: many are parts of others. With --overlap false, the longest are cut, and what overlaps these is not; nor do random clips.
Audio is not copied: wav.scp and segments name it.

  make_clips.py data/train exp/motifs/train data/train_motifs
  make_clips.py --kind random --seed 1 data/train exp/motifs/train data/train_random
"""

from argparse import Namespace
from collections import Counter
from pathlib import Path

from cortado.command import make_parser, run
from cortado.datadir import DataDir
from cortado.datadir.lengths import durations
from cortado.datadir.table import few
from cortado.errors import ConfigError, CortadoError, DataError
from cortado.motifs.clips import Clip, motif_clips, phrase_spans, random_clips, segment_clips, without_overlap, write_clips
from cortado.motifs.corpus import read_contours
from cortado.motifs.dictionary_files import read_occurrences


def main() -> None:
    args = parse_arguments()
    data_dir = DataDir(args.data_dir)
    if data_dir.has("segments"):
        raise DataError(data_dir.path / "segments", "the utterances must be whole recordings")
    seconds_of = durations(data_dir)
    clips = motif_clips(read_occurrences(args.motif_dir / "occurrences"), seconds_of)
    if not clips:
        raise DataError(args.motif_dir / "occurrences", "has no occurrence to cut out; steps/find_motifs.sh makes it anew")
    if args.overlap == "false":
        clips = without_overlap(clips)
    if args.kind == "segments":
        clips = segment_clips(clips, seconds_of, args.seconds, args.anchor)
        if short := [clip.recording for clip in clips if clip.end - clip.start < args.seconds - 0.001]:
            print(f"{len(short)} clips are shorter than {args.seconds:g} s, as are their recordings: {few(sorted(set(short)))}")
    elif args.kind == "random":
        clips = draw(args, data_dir, seconds_of, clips)
    write_clips(data_dir, clips, args.kind, args.clips_dir)
    report(data_dir, clips)


def parse_arguments() -> Namespace:
    parser = make_parser(__doc__)
    parser.add_argument("--kind", choices=("motifs", "segments", "random"), default="motifs", help="default motifs")
    parser.add_argument("--overlap", choices=("true", "false"), default="true", help="cut motifs that overlap (default true)")
    parser.add_argument("--seconds", type=float, default=3.0, metavar="S", help="duration of segments (default 3)")
    parser.add_argument(
        "--anchor", choices=("centre", "start"), default="centre", help="what of the motif is in the same place of its segment"
    )
    parser.add_argument("--within", choices=("phrases", "recording"), default="phrases", help="where random clips are (default phrases)")
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="of random clips (default 0)")
    parser.add_argument("data_dir", metavar="data-dir")
    parser.add_argument("motif_dir", type=Path, metavar="motif-dir")
    parser.add_argument("clips_dir", metavar="clips-dir")
    args = parser.parse_args()
    if not 0 < args.seconds < float("inf"):
        raise ConfigError(f"--seconds is {args.seconds:g}, but must be above 0")
    if args.seed < 0:
        raise ConfigError(f"--seed is {args.seed}, but must be 0 or more")
    return args


def draw(args: Namespace, data_dir: DataDir, seconds_of: dict[str, float], motifs: list[Clip]) -> list[Clip]:
    """Random clips; says for how many there was no room."""
    whole = {recording: [(0.0, seconds)] for recording, seconds in seconds_of.items()}
    spans = whole if args.within == "recording" else phrase_spans(read_contours(data_dir))
    clips, without_room = random_clips(motifs, spans, args.seed, args.overlap == "true")
    if without_room:
        lacking = few(f"{recording} ({count})" for recording, count in without_room.most_common())
        print(f"no room beside the motifs for {without_room.total()} of {len(motifs)} random clips: {lacking}")
    if not clips:
        raise CortadoError(
            f"no room beside the motifs of {args.motif_dir} for any random clip: try --within recording, or find fewer motifs"
        )
    return clips


def report(data_dir: DataDir, clips: list[Clip]) -> None:
    """Say how many clips each singer has."""
    counts = Counter(data_dir.utt2spk[clip.recording] for clip in clips)
    print(f"{len(clips)} clips: {', '.join(f'{singer} {counts[singer]}' for singer in data_dir.spk2utt)}")


if __name__ == "__main__":
    run(main)
