"""Perturbations against their definitions: exact SNR, direct path and alignment, decay time, gains at the knots, seeds."""

import numpy as np
import pytest
from scipy.signal import fftconvolve

from cortado.feats import add_noise, change_speed, coloured_noise, random_eq, reverberate, synthetic_rir, utterance_rng
from cortado.feats.augment import LOWEST

RATE = 16000


def white(seconds: float = 2.0, seed: int = 0) -> np.ndarray:
    return (0.1 * np.random.default_rng(seed).standard_normal(int(seconds * RATE))).astype(np.float32)


def power(samples: np.ndarray) -> float:
    return np.mean(samples.astype(np.float64) ** 2)


def test_a_generator_depends_on_seed_and_name_alone():
    draws = {(seed, name): utterance_rng(seed, name).random() for seed in (0, 1) for name in ("a", "b", "ä")}
    assert len(set(draws.values())) == 6
    assert utterance_rng(1, "b").random() == draws[1, "b"]


@pytest.mark.parametrize("snr", [-5.0, 0.0, 17.3])
def test_noise_has_exactly_the_snr_asked_for(snr):
    speech, noise = white(), coloured_noise(2 * RATE, RATE, np.random.default_rng(1))
    added = add_noise(speech, noise, snr) - speech
    assert 10 * np.log10(power(speech) / power(added)) == pytest.approx(snr, abs=0.01)


def test_silence_stays_silence_and_silent_noise_adds_nothing():
    silence = np.zeros(1000, dtype=np.float32)
    for result in (add_noise(silence, white()[:1000], 10), reverberate(silence, synthetic_rir(0.3, RATE, np.random.default_rng(0)))):
        np.testing.assert_array_equal(result, silence)
    np.testing.assert_array_equal(add_noise(white(), np.zeros(2 * RATE, dtype=np.float32), 10), white())


def test_reverberation_is_the_convolution_aligned_to_the_direct_path_at_equal_power():
    speech, rir = white(), synthetic_rir(0.4, RATE, np.random.default_rng(2))
    late = np.concatenate([np.zeros(37, dtype=np.float32), 0.5 * rir])  # as recorded responses are: delayed and scaled
    wet = fftconvolve(speech.astype(np.float64), late)[37 : 37 + len(speech)]
    wet *= np.sqrt(power(speech) / power(wet))
    np.testing.assert_allclose(reverberate(speech, late), wet, atol=1e-5)


def test_a_room_without_echo_changes_nothing():
    np.testing.assert_allclose(reverberate(white(), np.array([0, 0, 0.3], dtype=np.float32)), white(), atol=1e-6)


@pytest.mark.parametrize("t60", [0.15, 0.6])
def test_synthetic_rooms_keep_the_direct_path_and_decay_by_60_db_in_t60(t60):
    draws = [synthetic_rir(t60, RATE, np.random.default_rng(seed)) for seed in range(40)]
    assert all(rir[0] == 1 for rir in draws)
    ratios = [10 * np.log10(1 / np.sum(rir[1:].astype(np.float64) ** 2)) for rir in draws]
    assert -0.01 < min(ratios) < 1.5
    assert 8.5 < max(ratios) < 10.01
    energy = np.mean([rir[1:].astype(np.float64) ** 2 for rir in draws], axis=0)
    slope = np.polyfit(np.arange(len(energy)) / RATE, 10 * np.log10(energy), 1)[0]
    assert slope == pytest.approx(-60 / t60, rel=0.03)


def test_equaliser_has_its_gains_at_the_knots_and_no_delay():
    impulse = np.zeros(RATE, dtype=np.float32)
    impulse[RATE // 2] = 1
    gains = np.random.default_rng(3).normal(0, 4, 6)
    response = random_eq(impulse, RATE, np.random.default_rng(3))
    assert np.abs(response).argmax() == RATE // 2
    spectrum = 20 * np.log10(np.abs(np.fft.rfft(response)))
    knots = np.geomspace(LOWEST, RATE / 2, 6)
    np.testing.assert_allclose(spectrum[knots.round().astype(int)], gains, atol=0.4)


def test_coloured_noise_falls_by_up_to_6_db_an_octave():
    slopes = []
    for seed in range(30):
        spectrum = np.abs(np.fft.rfft(coloured_noise(1 << 15, RATE, np.random.default_rng(seed)))) ** 2
        low, high = spectrum[500:1000].mean(), spectrum[4000:8000].mean()
        slopes.append(10 * np.log10(high / low) / 3)
    assert -6.5 < min(slopes) < -5
    assert -1 < max(slopes) < 0.5


@pytest.mark.parametrize("factor", [0.9, 1.1])
def test_speed_moves_length_and_pitch_together(factor):
    tone = np.sin(2 * np.pi * 1000 * np.arange(RATE) / RATE).astype(np.float32)
    faster = change_speed(tone, factor)
    assert faster.dtype == np.float32
    assert abs(len(faster) - RATE / factor) <= 1
    peak = np.abs(np.fft.rfft(faster)).argmax() * RATE / len(faster)
    assert peak == pytest.approx(1000 * factor, abs=2)
