"""Rooms, noise, microphones and levels have the measures that were asked for."""

import numpy as np
import pytest

from cortado.synth import acoustics

RATE = 16000


def level_db(samples) -> float:
    return 10 * np.log10(np.mean(samples.astype(np.float64) ** 2))


@pytest.fixture
def rng():
    return np.random.default_rng(5)


@pytest.mark.parametrize("t60", [0.15, 0.6])
def test_a_room_decays_by_60_db_in_t60(rng, t60):
    """M. R. Schroeder's backward integration, read between -5 and -25 dB, as ISO 3382 does."""
    response = acoustics.room_response(rng, t60, 0, RATE)[1:].astype(np.float64)
    decay_db = 10 * np.log10(np.cumsum(response[::-1] ** 2)[::-1] / np.sum(response**2))
    start, stop = (int(np.argmax(decay_db < level)) for level in (-5, -25))
    assert 3 * (stop - start) / RATE == pytest.approx(t60, rel=0.15)


@pytest.mark.parametrize("tail_db", [-12, 0])
def test_a_room_has_the_share_of_reverberation_asked_for(rng, tail_db):
    response = acoustics.room_response(rng, 0.3, tail_db, RATE)
    assert response[0] == 1
    assert 10 * np.log10(np.sum(response[1:] ** 2)) == pytest.approx(tail_db, abs=1e-3)


def test_reverberation_is_convolution_cut_to_length(rng):
    samples, response = rng.standard_normal(1000).astype(np.float32), rng.standard_normal(300).astype(np.float32)
    expected = np.convolve(samples, response)[:1000]
    np.testing.assert_allclose(acoustics.reverberate(samples, response), expected, atol=1e-4)


@pytest.mark.parametrize("knot", range(6))
def test_a_microphone_has_its_gain_at_each_knot(knot):
    gains_db = np.array([3.0, -4, 2, 5, -1, -6])
    frequency = np.geomspace(100, RATE / 2, 6)[knot] * (0.999 if knot == 5 else 1)
    tone = np.cos(2 * np.pi * frequency * np.arange(RATE) / RATE).astype(np.float32)
    middle = slice(RATE // 4, 3 * RATE // 4)
    gain = level_db(acoustics.equalise(tone, gains_db, RATE)[middle]) - level_db(tone[middle])
    assert gain == pytest.approx(gains_db[knot], abs=0.2)


@pytest.mark.parametrize("slope_db", [0, 3, 6])
def test_noise_falls_by_its_slope_in_every_octave(rng, slope_db):
    power = np.abs(np.fft.rfft(acoustics.coloured_noise(rng, 8 * RATE, slope_db, RATE))) ** 2
    octaves = [np.mean(power[8 * low : 16 * low]) for low in (100, 200, 400, 800, 1600, 3200)]
    np.testing.assert_allclose(-np.diff(10 * np.log10(octaves)), slope_db, atol=0.5)


@pytest.mark.parametrize("snr_db", [-5, 20])
def test_noise_is_added_at_the_ratio_asked_for(rng, snr_db):
    speech, noise = (scale * rng.standard_normal(RATE).astype(np.float32) for scale in (0.1, 3))
    noisy = acoustics.add_noise(speech, noise, snr_db)
    assert level_db(speech) - level_db(noisy - speech) == pytest.approx(snr_db, abs=0.01)


def test_the_level_is_met_unless_the_peak_forbids_it(rng):
    samples = rng.standard_normal(RATE).astype(np.float32)
    assert level_db(acoustics.set_level(samples, -30)) == pytest.approx(-30, abs=1e-3)
    samples[0] = 100
    assert np.abs(acoustics.set_level(samples, -10)).max() == pytest.approx(0.9, abs=1e-6)
