"""Harmonic salience: how much speaks for each f0 in each frame, summed over the peaks that would be partials of it.

After J. Salamon and E. Gomez, IEEE TASLP 20(6), 2012, section II-B, equations (1) to (3): bins of 10 cents, 20 partials whose weights decay
by a factor each, and a squared cosine over a semitone on either side. It differs in one thing: halfway between its partials (at 1/2, 3/2,
5/2, ... of the f0) a peak counts as much against an f0 as its partials count for it. Those would be partials of the octave below. Without
this, a low voice whose first partials the recording has lost is taken for one an octave higher; the idea of negative weights between
the partials is that of A. Camacho and J. Harris, "A sawtooth waveform inspired pitch estimator" (SWIPE), JASA 124(3), 2008.
"""

from typing import NamedTuple

import numpy as np
from numba import njit

from cortado.pitch.spectral_peaks import REFERENCE, Peaks

BIN = 10.0  # cents
WIDTH = 100.0  # cents, a semitone: how far from its place a partial still counts
_SLOPE = (np.cos(np.arange(-WIDTH, WIDTH + 1, BIN) * (np.pi / 2 / WIDTH)) ** 2).astype(np.float32)


class Comb(NamedTuple):
    """What peaks at certain intervals above an f0 say for it, and against it."""

    cents: np.ndarray  # (2 * num_partials,) float32, increasing
    weights: np.ndarray  # (2 * num_partials,) float32


class Bins(NamedTuple):
    """Every 10 cents of a range of f0."""

    first: int  # number of the first bin; bin b is at 10 b cents above 55 Hz
    count: int

    def cents(self, bins: np.ndarray) -> np.ndarray:
        """Cents above 55 Hz, float64, of bins counted from the first."""
        return BIN * (self.first + np.asarray(bins, np.float64))


def make_comb(num_partials: int, decay: float) -> Comb:
    """Partials 1 to num_partials, each having `decay` times the weight of the one before; in the middle before each, a negative one."""
    halves = np.arange(1, 2 * num_partials + 1)
    weights = np.where(halves % 2, -1, 1) * decay ** (halves / 2 - 1)
    return Comb((1200 * np.log2(halves / 2)).astype(np.float32), weights.astype(np.float32))


def make_bins(min_f0: float, max_f0: float) -> Bins:
    """The bins from min_f0 to max_f0, in Hz."""
    first, last = (round(1200 * np.log2(f0 / REFERENCE) / BIN) for f0 in (min_f0, max_f0))
    return Bins(first, last - first + 1)


def salience(peaks: Peaks, comb: Comb, bins: Bins, begin: int, end: int) -> np.ndarray:
    """Of frames [begin, end): (end - begin, bins.count) float32."""
    return _salience(*peaks, *comb, _SLOPE, bins.first, bins.count, begin, end)


def climb(peaks: Peaks, comb: Comb, cents: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """From a bin in each frame to the f0 that the peaks near its partials agree on: their mean, by amplitude and nearness, in two steps.

    cents: (num_frames,) above 55 Hz. Returns three arrays (num_frames,) float64: the cents of that f0, its salience, and the sum of the
    amplitudes of the frame's peaks, which the salience is a share of: 1 for a single sinusoid, about 0 for noise.
    """
    return _climb(*peaks, *comb, cents)


@njit(cache=True)
def _salience(first, cents, amplitudes, intervals, weights, slope, first_bin, num_bins, begin, end):
    result = np.zeros((end - begin, num_bins), np.float32)
    votes = np.empty(num_bins + len(slope) - 1, np.float32)
    lowest_vote = BIN * (first_bin - len(slope) // 2 - 0.5)  # cents
    for t in range(begin, end):
        votes[:] = 0
        for peak in range(first[t], first[t + 1]):
            for number in range(len(intervals)):
                position = (cents[peak] - intervals[number] - lowest_vote) / BIN
                if position < 0:
                    break
                if position < len(votes):
                    votes[int(position)] += amplitudes[peak] * weights[number]
        for offset in range(len(slope)):
            for b in range(num_bins):
                result[t - begin, b] += slope[offset] * votes[b + offset]
    return result


@njit(cache=True)
def _climb(first, cents, amplitudes, intervals, weights, start):
    top, saliences, totals = start.copy(), np.zeros(len(start)), np.zeros(len(start))
    for t in range(len(start)):
        for _ in range(2):  # a second step, with the window moved to where the first one led
            pull = mass = saliences[t] = totals[t] = 0.0
            lowest = 0  # interval that the peak can be at; it rises from peak to peak
            for peak in range(first[t], first[t + 1]):
                totals[t] += amplitudes[peak]
                above = cents[peak] - top[t]
                while lowest < len(intervals) and intervals[lowest] < above - WIDTH:
                    lowest += 1
                number = lowest
                while number < len(intervals) and intervals[number] < above + WIDTH:
                    distance = above - intervals[number]
                    vote = amplitudes[peak] * np.cos(distance * (np.pi / 2 / WIDTH)) ** 2
                    saliences[t] += vote * weights[number]
                    if weights[number] > 0:
                        pull += vote * distance
                        mass += vote
                    number += 1
            if mass > 0:
                top[t] += pull / mass
    return top, saliences, totals
