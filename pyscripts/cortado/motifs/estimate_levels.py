"""Estimating the levels of a corpus: the optimal k-means of all its pitches, and the classes of the steps between them."""

from collections.abc import Callable, Iterable

import numpy as np

from cortado.errors import CortadoError
from cortado.motifs.cents import cents_to_hz, hz_to_cents
from cortado.motifs.contour import find_segments
from cortado.motifs.contour_config import ContourConfig, LevelsConfig
from cortado.motifs.kmeans import Clusters, Histogram, TooManyClusters, histogram, kmeans, kmeans_by_bic
from cortado.motifs.levels import Levels

GRID = 0.1  # cents to which pitches are rounded; a hundredth of what the ear tells apart
STRAY_SHARE = 0.001  # of the frames at either end, octave errors of the tracker among them, are not counted into a voice's range
DECIMALS = 3  # of a level in cents: more say nothing

F0s = Callable[[], Iterable[np.ndarray]]  # gives f0 (num_frames,), Hz, 0 where unvoiced, of every recording, from the first on


def estimate_levels(f0s: F0s, config: ContourConfig) -> Levels:
    """The levels of these recordings. `f0s` is called once, for 3-means of the steps twice.

    Raises CortadoError, with the numbers and the option to change, where the pitches are too few or too close together.
    """
    pitches = histogram((hz_to_cents(f0[f0 > 0]) for f0 in f0s()), GRID)
    if not len(pitches.cells):
        raise CortadoError("no frame of f0 is voiced, in none of the recordings: make the f0 with a lower threshold of voicing")
    centres = tuple(np.round(_cluster(pitches, config.levels).centres, DECIMALS).tolist())
    if config.levels.classes != "3-means":
        return Levels(centres, config.levels.classes)
    return Levels(centres, _cuts_by_means(f0s, Levels(centres, "raw"), config))


def _cluster(pitches: Histogram, config: LevelsConfig) -> Clusters:
    """Raises CortadoError naming the option that asks for more levels than there are pitches."""
    try:
        if isinstance(config.number, tuple):
            return kmeans_by_bic(pitches, *config.number)
        return kmeans(pitches, config.number or _number_by_spacing(pitches, config.spacing))
    except TooManyClusters as error:
        option = f"levels.number {config.number}, lower it" if config.number else f"levels.spacing {config.spacing:g}, raise it"
        raise CortadoError(f"{error} of f0: because of {option}") from None


def _number_by_spacing(pitches: Histogram, spacing: float) -> int:
    """How many levels `spacing` cents apart the range of the voice holds. Raises CortadoError where it holds fewer than two."""
    places = np.cumsum(pitches.counts) / pitches.counts.sum()
    low, high = pitches.values[np.searchsorted(places, [STRAY_SHARE, 1 - STRAY_SHARE])]
    number = round((high - low) / spacing)
    if number < 2:
        hz = "{:.1f} to {:.1f}".format(*cents_to_hz([low, high]))
        raise CortadoError(f"f0 from {hz} Hz spans {high - low:.0f} cents, not two levels of levels.spacing {spacing:g}: lower that")
    return number


def _cuts_by_means(f0s: F0s, levels: Levels, config: ContourConfig) -> tuple[float, float]:
    """Half-way between the centres of the three clusters of the sizes of all steps within phrases."""
    centres = np.array(levels.centres)

    def sizes(f0: np.ndarray) -> np.ndarray:
        segments = find_segments(f0, levels, config.min_run, config.min_gap)
        return np.abs(np.diff(centres[segments.levels]))[segments.inside]

    try:
        small, middle, large = kmeans(histogram(map(sizes, f0s()), GRID), 3).centres
    except TooManyClusters as error:
        raise CortadoError(f"{error} of a step: because of levels.classes 3-means, give two cuts instead, [70, 112] say") from None
    return round(float(small + middle) / 2, DECIMALS), round(float(middle + large) / 2, DECIMALS)
