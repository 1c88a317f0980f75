"""Sinusoids in a recording: the peaks of its short-time spectra.

After J. Salamon and E. Gomez, "Melody extraction from polyphonic music signals using pitch contour characteristics", IEEE TASLP 20(6),
2012, section II-A: Hann windows of 46.4 ms, zero-padded to four times their length. It differs in three ways. They correct the frequency of
a peak by the phase difference between two frames; here a parabola is laid through the logarithmic spectrum, which needs one frame alone.
They filter by equal loudness, which helps a voice above instruments; here nothing is sung over. And the waveform is brought to 11,025 Hz
first, a quarter of the work: partials above 5 kHz say nothing of the pitch that those below do not.
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import scipy.fft
from numba import njit
from numpy.lib.stride_tricks import sliding_window_view

RATE = 11025  # Hz
HOP = 64  # samples: 256 at 44.1 kHz
WINDOW = 512  # samples, 46.4 ms
FFT_SIZE = 4 * WINDOW
HIGHEST = 5000.0  # Hz
REFERENCE = 55.0  # Hz, at 0 cents
CHUNK = 512  # frames transformed together, always as many: a frame's values then do not depend on its neighbours

# Power of a peak, a full-scale sinusoid having 1, under which there is nothing: a sixteenth of the last of 24 bits.
_NOTHING = np.float32(2.0**-54)


class Peaks(NamedTuple):
    """Peaks of num_frames frames one after the other: those of frame t are [first[t], first[t + 1])."""

    first: np.ndarray  # (num_frames + 1,) int64
    cents: np.ndarray  # (num_peaks,) float32, above 55 Hz, increasing within a frame
    amplitudes: np.ndarray  # (num_peaks,) float32, of the sinusoid: 1 at full scale


def find_peaks(samples: np.ndarray, begin: int, end: int, lowest: float, range_db: float) -> Peaks:
    """The peaks of frames [begin, end), from `lowest` Hz to HIGHEST, that lie at most `range_db` below the highest one of their frame.

    samples: (num_samples,) float32 at RATE, the whole recording. Frame t is centred at sample t * HOP; around the recording is silence.
    """
    first_bin = max(1, int(np.ceil(lowest * FFT_SIZE / RATE)))
    least_share = np.float32(10 ** (-range_db / 10))
    picked = [_pick_peaks(power, first_bin, least_share) for power in _power_spectra(samples, begin, end)]
    counts, cents, amplitudes = (np.concatenate(parts) for parts in zip(*picked, strict=True))
    return Peaks(np.concatenate([[0], np.cumsum(counts)]), cents, amplitudes)


def _power_spectra(samples: np.ndarray, begin: int, end: int) -> Iterator[np.ndarray]:
    """Of CHUNK frames at a time (fewer at the end): (frames, bins) float32, a full-scale sinusoid having a peak of 1."""
    window = np.hanning(WINDOW + 1)[:-1]
    window = (2 / window.sum() * window).astype(np.float32)
    num_bins = int(HIGHEST * FFT_SIZE / RATE) + 2
    for first in range(begin, end, CHUNK):
        start = first * HOP - WINDOW // 2
        piece = _with_silence(samples, start, start + (CHUNK - 1) * HOP + WINDOW)
        frames = sliding_window_view(piece, WINDOW)[::HOP] * window
        spectra = scipy.fft.rfft(frames, FFT_SIZE)[: end - first, :num_bins]
        yield spectra.real**2 + spectra.imag**2


def _with_silence(samples: np.ndarray, start: int, stop: int) -> np.ndarray:
    """samples[start:stop], zero outside the recording."""
    piece = np.zeros(stop - start, np.float32)
    inside = slice(max(start, 0), max(min(stop, len(samples)), 0))
    piece[inside.start - start : inside.stop - start] = samples[inside]
    return piece


@njit(cache=True)
def _pick_peaks(power, first_bin, least_share):
    """Number of peaks (frames,), their cents and amplitudes (num_peaks,), of power spectra (frames, bins)."""
    num_frames, num_bins = power.shape
    counts = np.zeros(num_frames, np.int64)
    cents = np.empty(num_frames * (num_bins // 2), np.float32)
    amplitudes = np.empty_like(cents)
    bin_width = RATE / FFT_SIZE / REFERENCE
    found = 0
    for t in range(num_frames):
        row, before = power[t], found
        highest = _NOTHING
        for k in range(first_bin, num_bins - 1):
            highest = max(highest, row[k])
        least = max(highest * least_share, _NOTHING)
        for k in range(first_bin, num_bins - 1):
            if row[k] >= least and row[k - 1] < row[k] >= row[k + 1]:
                left, top, right = np.log(row[k - 1] + _NOTHING), np.log(row[k]), np.log(row[k + 1] + _NOTHING)
                curvature = left - 2 * top + right
                shift = 0.5 * (left - right) / curvature if curvature < 0 else 0.0  # 0 where rounding makes all three equal: clicks
                cents[found] = 1200 * np.log2((k + shift) * bin_width)
                amplitudes[found] = np.exp(0.5 * top - 0.125 * (left - right) * shift)
                found += 1
        counts[t] = found - before
    return counts, cents[:found].copy(), amplitudes[:found].copy()
