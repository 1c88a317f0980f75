"""The melody: a path through the salience, and where it is sung.

J. Salamon and E. Gomez (IEEE TASLP 20(6), 2012) form contours of neighbouring peaks of the salience, and choose among them by what contours
of voices are like, since instruments make contours, too. Unaccompanied, there is one melody: the path of the greatest salience in all,
by dynamic programming. Taken over are how fast a pitch may move (27.56 cents a millisecond) and that a contour lasts 100 ms at least.
"""

import numpy as np
from numba import njit
from scipy.ndimage import binary_opening, convolve1d

from cortado.pitch.salience import BIN

MAX_JUMP = 16  # bins from one frame to the next: 27.56 cents a millisecond
SMOOTHING = 17  # frames, 99 ms: of the harmonicity
TINY = np.float32(1e-30)  # in place of the salience of a frame that has none


class PathFinder:
    """Finds the path through frames of salience that are given in blocks.

    Each frame gives a bin its share of the greatest salience in the frame; a move of d cents between two frames costs (d / jump)^2.
    Memory: a byte a frame and bin.
    """

    def __init__(self, num_bins: int, jump: float):
        offsets = np.arange(-MAX_JUMP, MAX_JUMP + 1)
        self._costs = np.square(offsets * BIN / jump).astype(np.float32)
        self._scores = np.zeros(num_bins, np.float32)
        self._moves: list[np.ndarray] = []

    def add(self, salience: np.ndarray) -> None:
        """salience: (frames, num_bins) float32, of the frames that follow."""
        self._moves.append(_advance(salience, self._scores, self._costs))

    def path(self) -> np.ndarray:
        """The bin of each frame so far, (num_frames,) int64."""
        return _trace_back(np.concatenate(self._moves), int(self._scores.argmax()))


def find_voiced(harmonicity: np.ndarray, salience: np.ndarray, least: float, range_db: float, min_frames: int) -> np.ndarray:
    """Which frames are sung, (num_frames,) bool.

    harmonicity, salience: (num_frames,), along the path. Sung is where the smoothed harmonicity is at least `least` and the salience at
    most `range_db` below the median of these frames, which leaves out what rings on and what sounds in the background; for min_frames
    on end.
    """
    window = np.hanning(SMOOTHING + 2)[1:-1]
    is_harmonic = convolve1d(harmonicity, window / window.sum(), mode="constant") >= least
    if not is_harmonic.any():
        return is_harmonic
    is_loud = salience >= np.median(salience[is_harmonic]) * 10 ** (-range_db / 20)
    return binary_opening(is_harmonic & is_loud, np.ones(min_frames))


@njit(cache=True)
def _advance(salience, scores, costs):
    """The best move into each bin of each frame, (frames, num_bins) int8; `scores` (num_bins,) are brought to the last frame."""
    num_frames, num_bins = salience.shape
    moves = np.zeros((num_frames, num_bins), np.int8)
    before = np.full(num_bins + 2 * MAX_JUMP, -np.inf, np.float32)
    for t in range(num_frames):
        greatest_score = scores.max()  # taken off, else the scores grow and lose precision
        scale = 1 / max(salience[t].max(), TINY)
        for b in range(num_bins):
            before[b + MAX_JUMP] = scores[b] - greatest_score
            scores[b] = -np.inf
        for offset in range(len(costs)):
            for b in range(num_bins):
                score = before[b + offset] - costs[offset]
                moves[t, b] = offset - MAX_JUMP if score > scores[b] else moves[t, b]
                scores[b] = max(score, scores[b])
        for b in range(num_bins):
            scores[b] += max(salience[t, b], np.float32(0)) * scale
    return moves


@njit(cache=True)
def _trace_back(moves, last):
    path = np.empty(len(moves), np.int64)
    for t in range(len(moves) - 1, -1, -1):
        path[t] = last
        last += moves[t, last]
    return path
