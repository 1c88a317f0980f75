#!/usr/bin/env python3
"""Write the data directory of corpusCOFLA: an utterance is a recording, its speaker the singer; singers with few recordings are left out.

It gets wav.scp, utt2spk, spk2utt, and left_out: recordings of the wanted styles that are not used, and why.

Example: local/cofla/prepare_sid.py --audio-dir data/audio data/recordings data/local/cofla.*.tracks
"""

from pathlib import Path

from cortado.command import make_parser, run
from cortado.datadir import read_table, utt2spk_to_spk2utt, write_table
from cortado.errors import CortadoError


def main() -> None:
    parser = make_parser(__doc__)
    parser.add_argument("--audio-dir", type=Path, required=True, metavar="DIR", help="where convert_audio.py put the recordings")
    parser.add_argument("--min-recordings", type=int, default=3, metavar="N", help="singers with fewer are left out (default 3)")
    parser.add_argument("data", type=Path)
    parser.add_argument("parts", nargs="+", type=Path, help="the lists of convert_audio.py")
    args = parser.parse_args()
    states = {name: state for part in args.parts for name, state in read_table(part).items()}
    left_out = {name: state for name, state in states.items() if state != "ok"}
    singers = utt2spk_to_spk2utt({name: name.rpartition("-")[0] for name in sorted(states) if name not in left_out})
    for names in singers.values():
        if len(names) < args.min_recordings:
            left_out |= dict.fromkeys(names, f"one of {len(names)} of this singer, --min-recordings is {args.min_recordings}")
    kept = {singer: names for singer, names in singers.items() if len(names) >= args.min_recordings}
    if len(kept) < 2:
        most = ", ".join(f"{singer} {len(names)}" for singer, names in sorted(singers.items(), key=lambda item: -len(item[1]))[:5])
        raise CortadoError(
            f"{len(kept)} singers have {args.min_recordings} recordings; the most have: {most}. Lower --min-recordings or add --styles"
        )
    write(args.data, kept, args.audio_dir)
    write_table(args.data / "left_out", dict(sorted(left_out.items())))
    print(
        f"{args.data}: {sum(map(len, kept.values()))} recordings of {len(kept)} singers, {len(left_out)} left out: {args.data / 'left_out'}"
    )


def write(data: Path, spk2utt: dict[str, list[str]], audio_dir: Path) -> None:
    utt2spk = {name: singer for singer, names in spk2utt.items() for name in names}
    write_table(data / "wav.scp", {name: str(audio_dir / f"{name}.flac") for name in utt2spk})
    write_table(data / "utt2spk", utt2spk)
    write_table(data / "spk2utt", {singer: " ".join(names) for singer, names in spk2utt.items()})


if __name__ == "__main__":
    run(main)
