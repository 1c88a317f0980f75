"""From a waveform to its f0: the interface of trackers, and ours."""

from abc import ABC, abstractmethod
from dataclasses import dataclass

import numpy as np

from cortado.pitch import spectral_peaks
from cortado.pitch.frames import FRAME_RATE
from cortado.pitch.melody import PathFinder, find_voiced
from cortado.pitch.salience import climb, make_bins, make_comb, salience
from cortado.pitch.spectral_peaks import CHUNK, REFERENCE, find_peaks

# A recording is tracked in pieces of so many frames (3 minutes), so that working memory does not grow with it. The path of each is found
# over a margin (3 s) on either side as well: best paths through different ends have long joined there.
PIECE, MARGIN = 60 * CHUNK, CHUNK


class Tracker(ABC):
    """Finds f0. New kinds are classes that a YAML names; their constructors check their settings and raise ValueError."""

    rate: int  # Hz, of the waveform that it takes

    @abstractmethod
    def __call__(self, samples: np.ndarray, num_frames: int) -> np.ndarray:
        """f0 in Hz, 0 where unvoiced, (num_frames,) float32, of a recording's samples (num_samples,) float32 at `rate`."""


@dataclass(frozen=True)
class SalienceTracker(Tracker):
    """The path of the greatest harmonic salience; see spectral_peaks.py, salience.py and melody.py for where it is from.

    min_f0, max_f0: Hz. peak_range_db: how far below a frame's highest peak the others count. num_partials, decay: how many partials an
    f0 has, and the weight of each beside that of the one before. jump: cents between two frames that cost as much as a frame without
    salience. harmonicity: the least share, from 0 to 1, of a frame's peaks that a sung f0 explains. level_range_db: how far below the
    recording's usual level singing is still sung. min_duration: seconds of the shortest stretch of singing.
    """

    min_f0: float = 65.0
    max_f0: float = 1000.0
    peak_range_db: float = 40.0
    num_partials: int = 20
    decay: float = 0.9
    jump: float = 100.0
    harmonicity: float = 0.09
    level_range_db: float = 20.0
    min_duration: float = 0.1

    rate = spectral_peaks.RATE

    def __post_init__(self):
        if not REFERENCE <= self.min_f0 < self.max_f0 <= spectral_peaks.HIGHEST / 2:
            raise ValueError(f"min_f0 {self.min_f0:g} and max_f0 {self.max_f0:g}: both lie from 55 to 2500 Hz, the first below the second")
        if self.num_partials < 1 or not 0 < self.decay <= 1 or not 0 < self.harmonicity < 1:
            raise ValueError("num_partials is 1 or more, decay above 0 and up to 1, harmonicity between 0 and 1")
        if min(self.peak_range_db, self.jump, self.level_range_db, self.min_duration) <= 0:
            raise ValueError("peak_range_db, jump, level_range_db and min_duration are above 0")

    def __call__(self, samples: np.ndarray, num_frames: int) -> np.ndarray:
        pieces = [self._track(samples, begin, min(begin + PIECE, num_frames), num_frames) for begin in range(0, num_frames, PIECE)]
        cents, saliences, totals = np.concatenate(pieces, axis=1)
        harmonicity = np.divide(saliences, totals, out=np.zeros_like(totals), where=totals > 0)
        min_frames = max(1, round(self.min_duration * FRAME_RATE))
        voiced = find_voiced(harmonicity, saliences, self.harmonicity, self.level_range_db, min_frames)
        return np.where(voiced, REFERENCE * 2 ** (cents / 1200), 0).astype(np.float32)

    def _track(self, samples: np.ndarray, begin: int, end: int, num_frames: int) -> np.ndarray:
        """Cents above 55 Hz, salience and sum of amplitudes along the path of frames [begin, end): (3, end - begin) float64."""
        first, last = max(begin - MARGIN, 0), min(end + MARGIN, num_frames)
        peaks = find_peaks(samples, first, last, self.min_f0, self.peak_range_db)
        comb, bins = make_comb(self.num_partials, self.decay), make_bins(self.min_f0, self.max_f0)
        finder = PathFinder(bins.count, self.jump)
        for chunk in range(0, last - first, CHUNK):
            finder.add(salience(peaks, comb, bins, chunk, min(chunk + CHUNK, last - first)))
        return np.stack(climb(peaks, comb, bins.cents(finder.path())))[:, begin - first : end - first]
