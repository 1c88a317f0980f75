"""Levels of a corpus: how many there are by each rule, where they lie, the classes of steps, and what cannot be estimated."""

import numpy as np
import pytest

from cortado.errors import CortadoError
from cortado.motifs.cents import cents_to_hz
from cortado.motifs.contour import make_contour
from cortado.motifs.contour_config import ContourConfig, LevelsConfig
from cortado.motifs.estimate_levels import estimate_levels
from cortado.motifs.levels import Levels

NOTES = np.array([1000.0, 1110.0, 1190.0, 1400.0])


def singing(seed: int, num_notes: int = 60) -> np.ndarray:
    """f0 of notes with breaths between some of them and 4 cents of deviation."""
    rng = np.random.default_rng(seed)
    cents = np.repeat(rng.choice(NOTES, num_notes), 8) + rng.normal(0, 4, 8 * num_notes)
    return np.where(np.repeat(rng.random(num_notes) < 0.2, 8), 0, cents_to_hz(cents)).astype(np.float32)


CORPUS = [singing(seed) for seed in range(5)]


def estimate(corpus: list[np.ndarray] = CORPUS, **options) -> Levels:
    return estimate_levels(lambda: corpus, ContourConfig(LevelsConfig(**options)))


def test_levels_are_the_notes_when_their_number_is_given_and_when_bic_finds_it():
    given, found = estimate(number=4), estimate(number=(2, 20))
    np.testing.assert_allclose(given.centres, NOTES, atol=1)
    assert found == given


def test_one_level_in_each_spacing_of_the_range_without_stray_frames():
    octave_error = cents_to_hz(np.array([4000.0])).astype(np.float32)
    even = cents_to_hz(np.linspace(1000, 2300, 20_001)).astype(np.float32)
    for spacing, number in ((65.0, 20), (130.0, 10)):
        centres = estimate([even, octave_error], spacing=spacing).centres
        assert len(centres) in (number, number + 1)  # one may be the stray frame's
        inside = [centre for centre in centres if centre < 2400]
        np.testing.assert_allclose(np.diff(inside), 1300 / len(inside), rtol=0.02)


def test_levels_do_not_depend_on_the_order_of_recordings_nor_on_how_they_are_cut():
    pieces = [f0[part] for f0 in reversed(CORPUS) for part in (slice(100, None), slice(100))]
    assert estimate(pieces) == estimate()


def test_three_means_part_the_sizes_of_all_steps_half_way_between_their_centres():
    levels = estimate(number=4, classes="3-means")
    contours = [make_contour(f0, levels) for f0 in CORPUS]
    sizes = np.concatenate([np.abs(np.diff(contour[:, 2])[contour[1:, 3] != 0]) for contour in contours])
    small, middle, large = (cluster.mean() for cluster in pytest.importorskip("ckmeans").ckmeans(np.round(sizes, 1), 3))
    assert levels.classes == pytest.approx(((small + middle) / 2, (middle + large) / 2), abs=0.05)


@pytest.mark.parametrize(
    ("corpus", "options", "complaint"),
    [
        ([], {}, "no frame of f0 is voiced"),
        ([np.zeros(50, np.float32)], {}, "no frame of f0 is voiced"),
        ([np.full(50, 220, np.float32)], {}, r"f0 from 220.0 to 220.0 Hz spans 0 cents.* levels.spacing 65"),
        ([np.array([200, 210, 220], np.float32)], {"number": 4}, "4 clusters.* 3 distinct values.* levels.number 4"),
        ([np.array([200, 210, 220], np.float32)], {"number": (2, 9)}, r"9 clusters.* 3 distinct values.* levels.number \(2, 9\)"),
        ([np.array([200, 210, 220], np.float32)], {"spacing": 10.0}, "16 clusters.* 3 distinct values.* levels.spacing 10"),
        ([np.array([200, 220, 200, 220], np.float32)], {"number": 2, "classes": "3-means"}, "1 distinct values.* levels.classes 3-means"),
    ],
)
def test_what_cannot_be_estimated_is_told_with_the_numbers_and_the_option_to_change(corpus, options, complaint):
    with pytest.raises(CortadoError, match=complaint):
        estimate(corpus, **options)


@pytest.mark.parametrize(
    "options", [{"number": 1}, {"number": (9, 5)}, {"spacing": 0.0}, {"spacing": float("nan")}, {"classes": (112.0, 70.0)}]
)
def test_impossible_options_are_refused(options):
    with pytest.raises(ValueError, match=next(iter(options))):
        LevelsConfig(**options)
