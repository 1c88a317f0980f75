"""Clips of recordings: motifs, the seconds around them, or as long and as many pieces of singing beside them."""

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from itertools import pairwise, repeat
from pathlib import Path
from typing import Literal, NamedTuple

import numpy as np

from cortado.datadir import DataDir, utt2spk_to_spk2utt, write_table
from cortado.datadir.datadir import SEGMENT_TOLERANCE
from cortado.datadir.folder import replaced_data_dir
from cortado.errors import CortadoError, DataError
from cortado.motifs.corpus import Contours, frame_start
from cortado.motifs.occurrences import Occurrence


class Clip(NamedTuple):
    """Part of a recording, in seconds."""

    recording: str
    start: float
    end: float


def motif_clips(occurrences: Iterable[Occurrence], durations: Mapping[str, float]) -> list[Clip]:
    """The occurrences as clips, each once, sorted. durations: seconds of each recording.

    Raises CortadoError where an occurrence lies beyond the end of its recording: then its contour is of other audio.
    """
    clips = set()
    for pattern, recording, start, end in occurrences:
        if recording not in durations:
            raise CortadoError(
                f"motifs occur in recording {recording}, which the data directory does not have: the motifs were found in other recordings; "
                "find them in these, by steps/find_motifs.sh --dictionary"
            )
        if end > durations[recording] + SEGMENT_TOLERANCE:
            raise CortadoError(
                f"a motif of {len(pattern)} symbols ends at {end} s of recording {recording}, which lasts {durations[recording]:.4f} s: "
                "contours and motifs are of other audio; make them anew"
            )
        clips.add(Clip(recording, start, min(end, durations[recording])))
    return sorted(clips)


def without_overlap(clips: Iterable[Clip]) -> list[Clip]:
    """Of clips that overlap, the longest, of equally long ones the earliest; sorted."""
    kept: dict[str, list[Clip]] = defaultdict(list)
    for clip in sorted(clips, key=lambda clip: (clip.start - clip.end, clip)):
        if all(clip.end <= other.start or other.end <= clip.start for other in kept[clip.recording]):
            kept[clip.recording].append(clip)
    return sorted(clip for of_recording in kept.values() for clip in of_recording)


def segment_clips(
    clips: Iterable[Clip], durations: Mapping[str, float], seconds: float, anchor: Literal["centre", "start"] = "centre"
) -> list[Clip]:
    """Clips of `seconds` with their centre, or their start, at that of each of `clips`; each once, sorted.

    Where one would reach beyond the recording, it is moved into it; a recording of fewer seconds is taken whole.
    """
    moved = set()
    for recording, start, end in clips:
        wanted = start if anchor == "start" else (start + end - seconds) / 2
        first = round(max(min(wanted, durations[recording] - seconds), 0.0), 4)
        moved.add(Clip(recording, first, min(first + seconds, durations[recording])))
    return sorted(moved)


def phrase_spans(contours: Contours) -> dict[str, list[tuple[float, float]]]:
    """Recording -> (start, end) in seconds of each of its phrases, in order."""
    spans = defaultdict(list)
    firsts = np.flatnonzero(contours.symbols == 0)
    for first, last in pairwise([*firsts.tolist(), len(contours.symbols)]):
        recording = contours.recordings[contours.recording[first]]
        spans[recording].append((frame_start(contours.starts[first]), frame_start(contours.ends[last - 1])))
    return dict(spans)


def random_clips(
    clips: Iterable[Clip], spans: Mapping[str, list[tuple[float, float]]], seed: int, overlap: bool = True
) -> tuple[list[Clip], Counter[str]]:
    """Clips of the same recordings and durations as `clips` at random places within `spans` that have nothing in common with `clips`.

    Times are multiples of a millisecond. With `overlap`, they may overlap one another, as motifs do, but no two are the same. Also returns
    for how many of each recording there was no room. What is drawn for a recording depends on its name, its clips and the seed alone.
    """
    by_recording = defaultdict(list)
    for clip in clips:
        by_recording[clip.recording].append(clip)
    placed: list[Clip] = []
    without_room: Counter[str] = Counter()
    for recording, motifs in sorted(by_recording.items()):
        rng = np.random.default_rng([seed, *recording.encode()])
        starts_and_ends = _draw(_free_milliseconds(spans.get(recording, []), motifs), motifs, rng, overlap)
        placed += [Clip(recording, start / 1000, end / 1000) for start, end in starts_and_ends]
        without_room[recording] = len(motifs) - len(starts_and_ends)
    return sorted(placed), +without_room


def _free_milliseconds(spans: Iterable[tuple[float, float]], taken: Iterable[Clip]) -> np.ndarray:
    """(num_milliseconds,) bool: whether each is wholly within a span and outside of `taken`, whose times have four decimals."""
    is_free = np.zeros(math.ceil(1000 * max((end for _, end in spans), default=0.0)), np.bool_)
    for start, end in spans:
        is_free[math.ceil(round(1000 * start, 1)) : math.floor(round(1000 * end, 1))] = True
    for clip in taken:
        is_free[math.floor(round(1000 * clip.start, 1)) : math.ceil(round(1000 * clip.end, 1))] = False
    return is_free


def _draw(is_free: np.ndarray, motifs: Iterable[Clip], rng: np.random.Generator, overlap: bool) -> list[tuple[int, int]]:
    """(start, end) in milliseconds of clips as long as the motifs, the longest first: they need most room."""
    lengths = sorted((round(1000 * (motif.end - motif.start)) for motif in motifs), reverse=True)
    drawn: list[tuple[int, int]] = []
    for length, wanted in Counter(lengths).items() if overlap else zip(lengths, repeat(1), strict=False):
        for start in _draw_starts(is_free, length, wanted, rng):
            drawn.append((start, start + length))
            if not overlap:
                is_free[start : start + length] = False
    return drawn


def _draw_starts(is_free: np.ndarray, length: int, wanted: int, rng: np.random.Generator) -> list[int]:
    """Up to `wanted` different starts of `length` free milliseconds; all are equally likely."""
    runs = np.flatnonzero(np.diff(is_free, prepend=False, append=False)).reshape(-1, 2)
    num_starts = np.maximum(runs[:, 1] - runs[:, 0] - length + 1, 0)
    before = np.cumsum(num_starts) - num_starts  # starts in the runs before each
    total = int(num_starts.sum())
    drawn = rng.choice(total, min(wanted, total), replace=False)
    run = np.searchsorted(before + num_starts, drawn, side="right")
    return (runs[run, 0] + drawn - before[run]).tolist()


def write_clips(source: DataDir, clips: Iterable[Clip], kind: str, folder: str | Path) -> None:
    """Make the data directory `folder` of clips of the recordings of `source`; clips are named by singer, recording, kind and times.

    Raises DataError where `folder` is that of `source`, which would be replaced.
    """
    if Path(folder).exists() and Path(folder).samefile(source.path):
        raise DataError(folder, "the recordings are there; clips need a folder of their own")
    segments, utt2spk, utt2rec = {}, {}, {}
    for recording, start, end in clips:
        singer = source.utt2spk[recording]
        name = f"{singer}-{recording}-{kind}-{1000 * start:08.0f}-{1000 * end:08.0f}"
        segments[name] = f"{recording} {start:.4f} {end:.4f}"
        utt2spk[name], utt2rec[name] = singer, recording
    with replaced_data_dir(folder) as staging:
        write_table(staging / "segments", segments)
        write_table(staging / "utt2spk", utt2spk)
        write_table(staging / "utt2rec", utt2rec)
        write_table(staging / "spk2utt", {singer: " ".join(names) for singer, names in utt2spk_to_spk2utt(utt2spk).items()})
        write_table(staging / "wav.scp", {recording: source.wav_scp[recording] for recording in set(utt2rec.values())})
