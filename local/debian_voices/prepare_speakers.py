#!/usr/bin/env python3
"""A data directory of the voices in unpacked Debian packages, and for each tested package who is tested and who is trained on.

    local/debian_voices/prepare_speakers.py --corpus data/packages data

`labels` says whose voice a recording is, and which recordings are dropped; of those with the same samples one is kept. The mean of the
channels is taken, at 8 kHz, and silence at both ends is cut off. As most recordings are single words, a speaker's are put together, in
the order of their names, until they last --seconds: these chains are the utterances. A speaker keeps --chains of them, at even distances.

data/all                       the chains of all speakers, with their audio
data/speakers/test_<package>   the speakers of a tested package, those with two chains or more
data/speakers/train_<package>  who is trained on for that test: the speakers of all other packages, but none of its test speakers, and no
                               contributor to another package who speaks a language of the test, since that may be the same person
"""

import io
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np
import soundfile
from chains import SAMPLE_RATE, make_chains, read_recording
from corpus import Package, Recording, find_recordings, read_labels, read_packages, unpacked_version

from cortado.command import make_parser, progress, run
from cortado.datadir import utt2spk_to_spk2utt, write_table
from cortado.errors import CortadoError
from cortado.files import atomic_write


class Speaker(NamedTuple):
    """packages and languages: where the speaker was recorded, and in what; chains: (num_samples,) float32 each."""

    name: str
    packages: set[str]
    languages: set[str]
    chains: list[np.ndarray]


def main() -> None:
    parser = make_parser(__doc__)
    parser.add_argument("--corpus", required=True, type=Path, help="folder of the unpacked packages, each in a folder of its name")
    parser.add_argument("--seconds", type=float, default=2.5, help="length of a chain, or a little more (default 2.5)")
    parser.add_argument("--chains", type=int, default=40, help="chains of a speaker at most (default 40)")
    parser.add_argument("out", type=Path)
    args = parser.parse_args()
    if args.seconds <= 0 or args.chains < 2:
        raise CortadoError(f"--seconds {args.seconds:g} and --chains {args.chains}: they are to be above 0, and 2 or more")
    packages = read_packages()
    recordings = find_all(args.corpus, packages.values())
    speakers = [
        make_speaker(name, own, args.seconds, args.chains) for name, own in progress(recordings.items(), len(recordings), "speakers")
    ]
    write_data(args.out / "all", speakers)
    for package in packages.values():
        if package.use == "test":
            write_split(args.out / "speakers", package, packages, speakers)


def find_all(corpus: Path, packages: Iterable[Package]) -> dict[str, list[Recording]]:
    """The recordings of each speaker, sorted by package and path; those that are dropped are counted."""
    labels, by_speaker, num_dropped = read_labels(), {}, 0
    for package in packages:
        version = unpacked_version(corpus, package)
        if version != package.version:
            print(f"warning: {package.name} is version {version}; the labels were made for {package.version}", file=sys.stderr)
        for recording in find_recordings(corpus, package, labels):
            if recording.label.is_dropped:
                num_dropped += 1
            else:
                by_speaker.setdefault(recording.label.speaker, []).append(recording)
    num_recordings = sum(map(len, by_speaker.values()))
    print(f"{corpus}: {num_recordings} recordings of {len(by_speaker)} speakers; {num_dropped} are dropped, as labels says")
    return dict(sorted(by_speaker.items()))


def make_speaker(name: str, recordings: list[Recording], seconds: float, max_chains: int) -> Speaker:
    pieces = {}  # by digest: the same samples count once
    for recording in recordings:
        samples, digest = read_recording(recording.path)
        pieces.setdefault(digest, samples)
    chains = make_chains(pieces.values(), seconds)
    kept = np.unique(np.linspace(0, len(chains) - 1, min(max_chains, len(chains))).round().astype(int))
    labels = [recording.label for recording in recordings]
    return Speaker(name, {label.package for label in labels}, {label.language for label in labels}, [chains[i] for i in kept])


def write_data(folder: Path, speakers: list[Speaker]) -> None:
    wav_scp, utt2spk = {}, {}
    for speaker in speakers:
        for number, chain in enumerate(speaker.chains, 1):
            name = f"{speaker.name}-chain{number:03}"
            wav_scp[name] = str((folder / "audio" / f"{name}.flac").absolute())
            utt2spk[name] = speaker.name
            write_audio(Path(wav_scp[name]), chain)
    write_table(folder / "wav.scp", wav_scp)
    write_table(folder / "utt2spk", utt2spk)
    write_table(folder / "spk2utt", {name: " ".join(utts) for name, utts in utt2spk_to_spk2utt(utt2spk).items()})
    print(f"{folder}: {len(utt2spk)} chains of {len(set(utt2spk.values()))} speakers")


def write_audio(path: Path, samples: np.ndarray) -> None:
    encoded = io.BytesIO()  # soundfile answers a full disk with an AssertionError
    soundfile.write(encoded, np.clip(samples, -1, 1), SAMPLE_RATE, format="FLAC", subtype="PCM_16")
    with atomic_write(path, "wb") as handle:
        handle.write(encoded.getbuffer())


def write_split(folder: Path, package: Package, packages: Mapping[str, Package], speakers: list[Speaker]) -> None:
    """The lists of test and training speakers for the test of one package."""
    test = [speaker for speaker in speakers if package.name in speaker.packages and len(speaker.chains) >= 2]
    languages = set().union(*(speaker.languages for speaker in test))
    train = [
        speaker
        for speaker in speakers
        if speaker.chains
        and package.name not in speaker.packages
        and not (speaker.languages & languages and any(packages[name].voices == "contributed" for name in speaker.packages))
    ]
    if len(test) < 2 or len(train) < 2:
        raise CortadoError(f"{package.name}: {len(test)} speakers to test and {len(train)} to train on; both are to be 2 or more")
    for part, chosen in (("test", test), ("train", train)):
        with atomic_write(folder / f"{part}_{package.name}") as out:
            out.writelines(f"{speaker.name}\n" for speaker in chosen)
    print(f"{package.name}: {len(test)} speakers are tested, {len(train)} of other packages are trained on")


if __name__ == "__main__":
    run(main)
