"""Where motifs occur in the contours of recordings."""

from collections.abc import Collection, Iterator
from itertools import groupby
from typing import NamedTuple

import numpy as np

from cortado.motifs.closed import Pattern
from cortado.motifs.contour import FRAME_SHIFT
from cortado.motifs.corpus import Contours, frame_start
from cortado.motifs.gapped import Positions, every_symbol, extensions


class Occurrence(NamedTuple):
    """A motif in a recording: from the beginning of the segment that its first step leaves to the end of the one its last step reaches.

    start, end: seconds.
    """

    pattern: Pattern
    recording: str
    start: float
    end: float


def find_occurrences(
    patterns: Collection[Pattern], contours: Contours, max_gap: int = 0, min_duration: float = 0.0, first_per_phrase: bool = False
) -> list[Occurrence]:
    """Where patterns occur, in the order of the contours: of each pattern as many as there are without a segment in common.

    max_gap: symbols that may be skipped between two of a pattern; min_duration: seconds, shorter occurrences do not count;
    first_per_phrase: take only the first of a pattern in each phrase. Where several patterns lie in one interval, as they may with gaps,
    it is an occurrence of the longest, of several such the least.
    """
    phrases = contours.units("phrase") if first_per_phrase else None
    pattern_in: dict[tuple[int, int], Pattern] = {}  # first and last segment
    for pattern, positions in _search(patterns, contours.symbols, max_gap):
        num_frames = contours.ends[positions.ends] - contours.starts[positions.starts - 1]
        long_enough = positions[num_frames * FRAME_SHIFT >= min_duration]
        for interval in _without_overlap(long_enough, phrases):
            pattern_in[interval] = min(pattern, pattern_in.get(interval, pattern), key=lambda p: (-len(p), p))
    return [_occurrence(pattern, contours, *interval) for interval, pattern in sorted(pattern_in.items())]


def _occurrence(pattern: Pattern, contours: Contours, first: int, last: int) -> Occurrence:
    recording = contours.recordings[contours.recording[first]]
    return Occurrence(pattern, recording, frame_start(contours.starts[first]), frame_start(contours.ends[last]))


def _search(patterns: Collection[Pattern], symbols: np.ndarray, max_gap: int) -> Iterator[tuple[Pattern, Positions]]:
    """Each pattern with all positions of it; patterns that begin alike share the work."""
    stack = [(sorted(patterns), 0, every_symbol(symbols))]
    while stack:
        alike, depth, longer = stack.pop()
        last_symbols = symbols[longer.ends]
        for symbol, group in groupby(alike, key=lambda pattern: pattern[depth]):
            positions = longer[last_symbols == symbol]
            first, *others = group
            if len(first) == depth + 1:
                yield first, positions
            else:
                others = [first, *others]
            if others:
                stack.append((others, depth + 1, extensions(symbols, positions, max_gap)))


def _without_overlap(positions: Positions, phrases: np.ndarray | None) -> Iterator[tuple[int, int]]:
    """(first segment, last segment) of positions, those that end early before others, which leaves the most of them.

    phrases: (num_segments,); if given, only the first in each phrase.
    """
    order = np.lexsort((-positions.starts, positions.ends))
    first_free, last_phrase = 0, -1
    for start, end in zip(positions.starts[order].tolist(), positions.ends[order].tolist(), strict=True):
        if start - 1 < first_free or (phrases is not None and phrases[start] == last_phrase):
            continue
        first_free, last_phrase = end + 1, -1 if phrases is None else phrases[start]
        yield start - 1, end
