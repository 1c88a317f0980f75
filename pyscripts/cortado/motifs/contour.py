"""The contour of a sung melody: runs of f0 frames on one level become line segments, the steps between them symbols.

After Arronte Alvarez and Gomez-Martin 2020, "Singer identification using convolutional acoustic motif embeddings": all pitches of the corpus are
quantised to levels, and a melody is the signed distances between consecutive line segments.
"""

from typing import NamedTuple

import numpy as np

from cortado.motifs.cents import hz_to_cents
from cortado.motifs.levels import Levels
from cortado.pitch.frames import HOP, RATE

FRAME_SHIFT = HOP / RATE  # seconds between frames of f0; frame i is centred at i * FRAME_SHIFT
START, END, CENTS, SYMBOL = range(4)  # the columns of a contour


class Segments(NamedTuple):
    """Line segments in order of time; all arrays are (num_segments,) int64."""

    starts: np.ndarray  # first frame
    ends: np.ndarray  # the frame after the last
    levels: np.ndarray  # number of the level; neighbours in a phrase have different ones
    phrases: np.ndarray  # number of the phrase

    @property
    def inside(self) -> np.ndarray:
        """(num_segments - 1,) bool: whether a step between two consecutive segments lies within one phrase."""
        return self.phrases[:-1] == self.phrases[1:]


def make_contour(f0: np.ndarray, levels: Levels, min_run: int = 1, min_gap: int = 1) -> np.ndarray:
    """The line segments of a recording: (num_segments, 4) float32 of start frame, end frame (exclusive), cents of its level, symbol.

    f0: (num_frames,) in Hz, 0 where unvoiced. The symbol is that of the step from the segment before (Levels.symbols), 0 for the first
    segment of a phrase and for no other. min_run and min_gap are those of find_segments. A recording without voiced frames has no rows.
    """
    segments = find_segments(f0, levels, min_run, min_gap)
    symbols = np.zeros(len(segments.levels))
    if len(symbols):
        symbols[1:] = levels.symbols(segments.levels) * segments.inside
    cents = np.array(levels.centres)[segments.levels]
    return np.stack([segments.starts, segments.ends, cents, symbols], axis=1).astype(np.float32)


def find_segments(f0: np.ndarray, levels: Levels, min_run: int = 1, min_gap: int = 1) -> Segments:
    """The line segments of f0 (num_frames,), Hz, 0 where unvoiced.

    A phrase ends where `min_gap` or more frames are unvoiced; a shorter gap is taken for a consonant, or a slip of the tracker, and a
    level held across it is one segment. A run of fewer than `min_run` voiced frames on a level is taken for a glide on its way elsewhere:
    it belongs to no segment, and a level held before and after it is one segment. With 1 and 1, as in the paper, every run is a segment
    and every unvoiced frame ends a phrase.
    """
    voiced = np.flatnonzero(f0)
    levels_of_frames = levels.nearest(hz_to_cents(f0[voiced]))
    phrases = np.cumsum(np.diff(voiced, prepend=voiced[:1]) > min_gap)
    first, last = _runs(levels_of_frames, phrases)
    long = last - first >= min_run
    first, last = first[long], last[long]
    joined_first, joined_last = _runs(levels_of_frames[first], phrases[first])
    first, last = first[joined_first], last[joined_last - 1]
    return Segments(voiced[first], voiced[last - 1] + 1, levels_of_frames[first], phrases[first])


def segment_times(contour: np.ndarray) -> np.ndarray:
    """(num_segments, 2) seconds at which the segments of a contour begin and end: half a frame before the centres of these frames."""
    return (contour[:, [START, END]] - 0.5) * FRAME_SHIFT


def segments_between(contour: np.ndarray, start: float, end: float) -> np.ndarray:
    """The rows of a contour whose middles lie between two times in seconds."""
    middles = segment_times(contour).mean(axis=1)
    return contour[(middles > start) & (middles < end)]


def _runs(levels: np.ndarray, phrases: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """[first, last) of each run within which neither array changes; both (num_runs,) int64."""
    changes = np.flatnonzero((np.diff(levels) != 0) | (np.diff(phrases) != 0)) + 1
    edges = np.concatenate([[0], changes, [len(levels)]]) if len(levels) else np.zeros(1, np.int64)
    return edges[:-1], edges[1:]
