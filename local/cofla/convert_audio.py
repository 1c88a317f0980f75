#!/usr/bin/env python3
"""Write recordings of corpusCOFLA as 16-bit FLAC of one channel, the mean of theirs: one job of local/cofla/prepare_sid.sh.

<out>.tracks says of each track of the wanted styles "ok" or why it cannot be used.

Example: local/cofla/convert_audio.py --corpus CANTE100 --styles "tonas fandangos" --job 1 --num-jobs 4 data/audio data/local/cofla.1of4
"""

import io
from pathlib import Path

import numpy as np
import soundfile
from cofla import choose, find_audio, find_metadata, read_tracks

from cortado.command import add_job_options, make_parser, progress, run, share_of
from cortado.datadir import write_table
from cortado.errors import ConfigError
from cortado.files import atomic_write


def main() -> None:
    parser = make_parser(__doc__)
    parser.add_argument("--corpus", type=Path, required=True, metavar="DIR", help="the corpus: its XML file, and audio anywhere below")
    parser.add_argument("--styles", required=True, help="families of styles, separated by blanks")
    add_job_options(parser)
    parser.add_argument("audio_dir", type=Path, metavar="audio-dir")
    parser.add_argument("out", help="path of the list, without its suffix")
    args = parser.parse_args()
    audio = find_audio(args.corpus)
    tracks = choose(read_tracks(find_metadata(args.corpus)), args.styles.split())
    mine = share_of(tracks, args)
    if not mine:
        raise ConfigError(
            f"job {args.job} of {args.num_jobs} has nothing to do: there are {len(tracks)} tracks of these styles; lower --nj"
        )
    states = {
        track.name: convert(audio.get(track.number), args.audio_dir / f"{track.name}.flac") for track in progress(mine, len(mine), "tracks")
    }
    write_table(f"{args.out}.tracks", dict(sorted(states.items())))


def convert(source: Path | None, target: Path) -> str:
    """Write the FLAC of a track; "ok", or why there is none."""
    if source is None:
        return "has no audio file"
    try:
        samples, rate = soundfile.read(source, dtype="float32", always_2d=True)
    except (OSError, soundfile.LibsndfileError) as error:
        return f"{source} cannot be decoded: {error}"
    if not len(samples):
        return f"{source} holds no samples"
    encoded = io.BytesIO()  # soundfile answers a full disk with an AssertionError
    mono = np.clip(np.rint(samples.mean(axis=1) * 32767), -32768, 32767).astype(np.int16)
    soundfile.write(encoded, mono, rate, format="FLAC", subtype="PCM_16")
    with atomic_write(target, "wb") as handle:
        handle.write(encoded.getbuffer())
    return "ok"


if __name__ == "__main__":
    run(main)
