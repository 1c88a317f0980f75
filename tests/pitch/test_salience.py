"""Harmonic salience against its definition written out, and what it is for: voices that have lost their first partials."""

import numpy as np
import pytest

from cortado.pitch.salience import climb, make_bins, make_comb, salience
from cortado.pitch.spectral_peaks import Peaks

BINS = make_bins(65, 1000)


def one_frame(frequencies, amplitudes) -> Peaks:
    cents = 1200 * np.log2(np.asarray(frequencies) / 55)
    return Peaks(np.array([0, len(cents)]), cents.astype(np.float32), np.asarray(amplitudes, np.float32))


def test_salience_is_the_sum_over_peaks_and_partials_that_defines_it():
    rng = np.random.default_rng(0)
    frequencies, amplitudes = np.sort(rng.uniform(70, 5000, 30)), rng.uniform(0.01, 1, 30)
    expected = np.zeros(BINS.count)
    for frequency, amplitude in zip(frequencies, amplitudes, strict=True):
        for half in range(1, 41):
            weight = 0.9 ** (half / 2 - 1) * (-1 if half % 2 else 1)
            place = np.floor(120 * np.log2(frequency / (half / 2) / 55) + 0.5)
            distance = np.abs(BINS.first + np.arange(BINS.count) - place) / 10  # semitones
            expected += np.where(distance <= 1, weight * amplitude * np.cos(distance * np.pi / 2) ** 2, 0)
    found = salience(one_frame(frequencies, amplitudes), make_comb(20, 0.9), BINS, 0, 1)
    np.testing.assert_allclose(found[0], expected, atol=1e-5)


@pytest.mark.parametrize("f0", [90.0, 233.1, 410.0])
def test_a_voice_without_its_first_partials_is_not_taken_for_one_an_octave_higher(f0):
    peaks, comb = one_frame(f0 * np.arange(3, 8), [0.3, 1, 0.3, 1, 0.3]), make_comb(20, 0.8)

    def cents_of_best(weights: np.ndarray) -> float:
        return BINS.cents(salience(peaks, comb._replace(weights=weights), BINS, 0, 1)[0].argmax())

    exact = 1200 * np.log2(f0 / 55)
    assert abs(cents_of_best(comb.weights) - exact) <= 10
    assert abs(cents_of_best(np.maximum(comb.weights, 0)) - exact - 1200) <= 10  # as it would be by equations (1) to (3)


def test_climbing_leads_from_a_bin_to_the_exact_f0_and_tells_harmonic_frames_from_noise():
    f0 = 123.456
    partials = np.arange(1, 9)
    voice, comb = one_frame(f0 * partials, 1 / partials), make_comb(20, 0.9)
    exact = 1200 * np.log2(f0 / 55)
    for start in (exact - 40, exact, exact + 55):
        cents, saliences, totals = climb(voice, comb, np.array([start]))
        assert abs(cents[0] - exact) < 5
        assert totals[0] == pytest.approx(np.sum(1 / partials), rel=1e-6)
    assert saliences[0] > 0.8 * totals[0]
    assert saliences[0] == pytest.approx(np.sum(0.9 ** (partials - 1.0) / partials), rel=1e-3)

    noise = one_frame(np.sort(np.random.default_rng(1).uniform(70, 5000, 60)), np.ones(60))
    best = BINS.cents(salience(noise, comb, BINS, 0, 1)[0].argmax())
    _, saliences, totals = climb(noise, comb, np.array([best]))
    assert saliences[0] < 0.2 * totals[0]


def test_frames_without_peaks_have_no_salience():
    empty = Peaks(np.zeros(4, np.int64), np.zeros(0, np.float32), np.zeros(0, np.float32))
    comb = make_comb(20, 0.9)
    assert not salience(empty, comb, BINS, 0, 3).any()
    cents, saliences, totals = climb(empty, comb, np.array([100.0, 200.0, 300.0]))
    assert cents.tolist() == [100, 200, 300] and not saliences.any() and not totals.any()
