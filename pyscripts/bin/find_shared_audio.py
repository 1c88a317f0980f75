#!/usr/bin/env python3
"""Write a data directory without copies of clips, clips under two speakers and clips too short; say which clips overlap.

Usage: utils/find_shared_audio.sh [options] <data-dir> <clean-data-dir>

A clip is an utterance, segments honoured; its recording is what utt2rec says, or else segments. Dropped are, and counted for the first
reason that holds: clips that cannot be read or hold no sound; samples that stand under two speakers; all but one of a speaker's copies of
the same samples; clips shorter than --min-duration; and groups of overlapping clips that hold several speakers. Two clips overlap where
24 consecutive samples are equal, silence apart. A larger --min-run only makes it faster, for hours of audio: an overlap that long is found
for certain, a shorter one perhaps.

Writes into <clean-data-dir>, beside the tables of the clips that are left:
  utt2group            clip, and the first clip of its overlap group
  reco2group           recording, and the first of the recordings of its speaker that it shares audio with, dropped copies included
  shared_audio_report  clip, and why it was dropped
  shared_audio.json    counts, of the whole and by speaker

Example:
  utils/find_shared_audio.sh data/clips data/clips_clean
  utils/find_shared_audio.sh --min-run 2205 data/recordings data/recordings_clean
"""

from pathlib import Path

from cortado.command import make_parser, run
from cortado.datadir import DataDir, write_table
from cortado.datadir.clip_audit import ClipAudit
from cortado.datadir.folder import replaced_data_dir
from cortado.datadir.recordings import recordings_of
from cortado.datadir.select import write_subset
from cortado.datadir.shared_audio import RUN
from cortado.errors import DataError
from cortado.files import write_json


def main() -> None:
    parser = make_parser(__doc__)
    parser.add_argument("--min-duration", type=float, default=0.15, help="seconds that a clip lasts at least (default 0.15)")
    parser.add_argument("--min-run", type=int, default=RUN, metavar="N", help=f"equal samples that are found for certain (default {RUN})")
    parser.add_argument("data_dir", metavar="data-dir")
    parser.add_argument("out", metavar="clean-data-dir")
    args = parser.parse_args()
    source = DataDir(args.data_dir)
    if Path(args.out).exists() and Path(args.out).samefile(source.path):
        raise DataError(args.out, "the clips are there, and dropped ones would be lost; <clean-data-dir> is a folder of its own")
    audit = ClipAudit(source, args.min_duration, args.min_run)
    with replaced_data_dir(args.out) as folder:
        write_subset(source, audit.groups, folder)
        clean = DataDir(folder)
        write_table(folder / "utt2group", audit.groups)
        write_table(folder / "reco2group", {recording: audit.recording_groups[recording] for recording in recordings_of(clean).values()})
        write_table(folder / "shared_audio_report", audit.dropped)
        write_json(folder / "shared_audio.json", audit.summary())
    whole = audit.summary()["all"]
    counts = "".join(f", {count} {kind}" for kind, count in whole["dropped"].items())
    print(f"find_shared_audio.sh: {whole['kept']} of {whole['clips']} clips are left, in {whole['overlap_groups']} overlap groups{counts}")


if __name__ == "__main__":
    run(main)
