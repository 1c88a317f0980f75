#!/usr/bin/env python3
"""Data directories for speaker verification from any LibriSpeech tree: training and test speakers apart, tests in parts.

    local/librispeech/prepare_speakers.py --corpus /corpora/LibriSpeech --test-speakers 50 data

The tree holds SPEAKERS.TXT and one or more subsets (train-clean-100/SPEAKER/CHAPTER/SPEAKER-CHAPTER-NNNN.flac). All
subsets found are used, or those named with --subsets. Speakers are drawn for the test set at random, half women and half
men as far as there are any, before anything is cut.

data/train: one utterance a file. data/test_4parts: each recording of a test speaker cut into 4 equal parts, which are the
utterances (given by `segments`); one such directory for each number in --parts. All have spk2gender, and utt2rec names the
recording an utterance comes from.
"""

import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from cortado.command import make_parser, progress, run
from cortado.datadir import utt2spk_to_spk2utt, write_table
from cortado.datadir.audio import duration
from cortado.errors import CortadoError, DataError

NAME = re.compile(r"(\d+)-(\d+)-(\d+)")


@dataclass(frozen=True)
class Recording:
    """One FLAC file: its name without suffix, which begins with the speaker, and its path."""

    name: str
    speaker: str
    path: Path


def find_recordings(corpus: Path, subsets: list[str]) -> list[Recording]:
    """All recordings of the wanted subsets, sorted by name."""
    folders = [corpus / s for s in subsets] if subsets else sorted(p for p in corpus.iterdir() if p.is_dir())
    found = {}
    for folder in folders:
        if not folder.is_dir():
            raise CortadoError(f"--subsets: there is no {folder}")
        for path in sorted(folder.glob("*/*/*.flac")):
            match = NAME.fullmatch(path.stem)
            if not match or match[1] != path.parent.parent.name:
                raise DataError(path, "expected SPEAKER/CHAPTER/SPEAKER-CHAPTER-NNNN.flac")
            if path.stem in found:
                raise DataError(path, f"the recording is also {found[path.stem].path}")
            found[path.stem] = Recording(path.stem, match[1], path.absolute())
    if not found:
        raise CortadoError(f"--corpus {corpus}: no SUBSET/SPEAKER/CHAPTER/*.flac below it; give the folder that holds SPEAKERS.TXT")
    return [found[name] for name in sorted(found)]


def read_genders(path: Path) -> dict[str, str]:
    """Speaker -> f or m, from LibriSpeech's SPEAKERS.TXT (fields between bars, the second one is M or F)."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise CortadoError(f"--corpus: cannot read {path}: {error.strerror}") from None
    genders = {}
    for number, line in enumerate(lines, 1):
        if line.startswith(";") or not line.strip():
            continue
        fields = [field.strip() for field in line.split("|")]
        if len(fields) < 3 or fields[1] not in ("F", "M"):
            raise DataError(path, f"expected ID | F or M | ..., found '{line}'", number)
        genders[fields[0]] = fields[1].lower()
    return genders


def draw_test_speakers(genders: dict[str, str], num_speakers: int, seed: int) -> set[str]:
    """`num_speakers` of the speakers in `genders`, half of each gender while they last."""
    if not 2 <= num_speakers <= len(genders) - 2:
        raise CortadoError(f"--test-speakers {num_speakers}: of {len(genders)} speakers, 2 or more must be left on either side")
    rng = np.random.default_rng(seed)
    shuffled = {g: list(rng.permutation(sorted(s for s in genders if genders[s] == g))) for g in ("f", "m")}
    women = min(max(num_speakers // 2, num_speakers - len(shuffled["m"])), len(shuffled["f"]))
    return {str(s) for s in shuffled["f"][:women] + shuffled["m"][: num_speakers - women]}


def limit(recordings: list[Recording], per_speaker: int, seed: int) -> list[Recording]:
    """At most `per_speaker` recordings of each speaker, drawn at random; sorted by name."""
    rng = np.random.default_rng([seed, 1])
    by_speaker: dict[str, list[Recording]] = {}
    for i in rng.permutation(len(recordings)):
        by_speaker.setdefault(recordings[i].speaker, []).append(recordings[i])
    return sorted((r for own in by_speaker.values() for r in own[:per_speaker]), key=lambda r: r.name)


def write_common(folder: Path, recordings: list[Recording], utt2rec: dict[str, str], genders: dict[str, str]) -> None:
    speaker_of = {r.name: r.speaker for r in recordings}
    utt2spk = {utt: speaker_of[rec] for utt, rec in utt2rec.items()}
    spk2utt = utt2spk_to_spk2utt(utt2spk)
    write_table(folder / "wav.scp", {r.name: str(r.path) for r in recordings})
    write_table(folder / "utt2spk", utt2spk)
    write_table(folder / "spk2utt", {spk: " ".join(utts) for spk, utts in spk2utt.items()})
    write_table(folder / "utt2rec", utt2rec)
    write_table(folder / "spk2gender", {spk: genders[spk] for spk in spk2utt})


def write_parts(folder: Path, recordings: list[Recording], num_parts: int, genders: dict[str, str]) -> None:
    segments, utt2rec = {}, {}
    for recording in progress(recordings, len(recordings), "recordings"):
        seconds = duration(str(recording.path))
        for part in range(num_parts):
            utt = f"{recording.name}-{part + 1}of{num_parts}"
            start, end = seconds * part / num_parts, seconds * (part + 1) / num_parts
            segments[utt] = f"{recording.name} {start:.4f} {end - 5e-5:.4f}"  # rounded, but never beyond the end
            utt2rec[utt] = recording.name
    write_common(folder, recordings, utt2rec, genders)
    write_table(folder / "segments", segments)


def parse_parts(text: str) -> list[int]:
    """The numbers in a text such as "4 2", each at least 2."""
    try:
        numbers = [int(word) for word in text.split()]
    except ValueError:
        numbers = []
    if not numbers or min(numbers) < 2:
        raise CortadoError(f"--parts '{text}': expected one or more numbers from 2 upwards")
    return numbers


def main() -> None:
    parser = make_parser(__doc__)
    parser.add_argument("--corpus", required=True, type=Path, help="the LibriSpeech folder: SPEAKERS.TXT and the subsets")
    parser.add_argument("--subsets", default="", metavar="'A B'", help="use these subsets only (default: all that are there)")
    parser.add_argument("--test-speakers", type=int, default=50, help="speakers held out for the test set (default 50)")
    parser.add_argument("--parts", default="4", metavar="'N M'", help="into how many parts a test recording is cut (default 4)")
    parser.add_argument("--recordings", type=int, default=4, help="recordings of a test speaker at most (default 4)")
    parser.add_argument("--seed", type=int, default=0, help="of the draw of speakers and recordings (default 0)")
    parser.add_argument("out", type=Path, help="where train/ and test_<N>parts/ are made")
    args = parser.parse_args()
    parts = parse_parts(args.parts)
    if not (args.corpus / "SPEAKERS.TXT").is_file():
        raise CortadoError(f"--corpus '{args.corpus}' holds no SPEAKERS.TXT; give the LibriSpeech folder, with it and the subsets")
    recordings = find_recordings(args.corpus, args.subsets.split())
    known = read_genders(args.corpus / "SPEAKERS.TXT")
    unknown = sorted({r.speaker for r in recordings} - set(known))
    if unknown:
        raise CortadoError(
            f"{args.corpus / 'SPEAKERS.TXT'}: speaker {unknown[0]} and {len(unknown) - 1} others with recordings are not in it"
        )
    genders = {r.speaker: known[r.speaker] for r in recordings}
    test_speakers = draw_test_speakers(genders, args.test_speakers, args.seed)
    train = [r for r in recordings if r.speaker not in test_speakers]
    test = limit([r for r in recordings if r.speaker in test_speakers], args.recordings, args.seed)
    write_common(args.out / "train", train, {r.name: r.name for r in train}, genders)
    for num_parts in parts:
        write_parts(args.out / f"test_{num_parts}parts", test, num_parts, genders)
    print(f"train: {len(train)} utterances of {len(genders) - len(test_speakers)} speakers")
    print(f"test: {len(test)} recordings of {len(test_speakers)} speakers in {args.parts} parts")


if __name__ == "__main__":
    run(main)
