"""Peaks of spectra: exact sinusoids, scipy's search for peaks as oracle, frames that do not depend on how the work is cut."""

import numpy as np
import pytest
import scipy.signal

from cortado.pitch.spectral_peaks import CHUNK, FFT_SIZE, HOP, RATE, WINDOW, find_peaks


def sinusoid(frequency: float, amplitude: float, num_samples: int = RATE) -> np.ndarray:
    return (amplitude * np.sin(2 * np.pi * frequency * np.arange(num_samples) / RATE + 0.3)).astype(np.float32)


@pytest.mark.parametrize("frequency", [82.3, 200.0, 441.7, 1234.5, 4901.2])
def test_a_sinusoid_is_found_within_a_few_cents_with_its_amplitude(frequency):
    peaks = find_peaks(sinusoid(frequency, 0.25), 20, 120, lowest=65, range_db=40)
    strongest = [peaks.amplitudes[a:b].argmax() + a for a, b in zip(peaks.first[:-1], peaks.first[1:], strict=True)]
    errors = peaks.cents[strongest] - 1200 * np.log2(frequency / 55)
    assert np.abs(errors).max() < (1 if frequency >= 200 else 5)
    np.testing.assert_allclose(peaks.amplitudes[strongest], 0.25, rtol=0.02)


def test_peaks_are_those_that_scipy_finds_in_the_spectrum_of_each_frame():
    samples = np.random.default_rng(1).standard_normal(40 * HOP).astype(np.float32)
    peaks = find_peaks(samples, 0, 40, lowest=100, range_db=30)
    padded = np.pad(samples.astype(np.float64), WINDOW)
    for t in range(40):
        start = t * HOP + WINDOW - WINDOW // 2
        spectrum = np.abs(np.fft.rfft(padded[start : start + WINDOW] * scipy.signal.get_window("hann", WINDOW), FFT_SIZE))
        decibels = 20 * np.log10(spectrum / (WINDOW / 4))
        found, _ = scipy.signal.find_peaks(decibels)
        frequencies = found * RATE / FFT_SIZE
        found = found[(frequencies >= 100) & (frequencies <= 5000)]
        in_band = decibels[int(np.ceil(100 * FFT_SIZE / RATE)) : int(5000 * FFT_SIZE / RATE) + 1]
        found = found[decibels[found] > in_band.max() - 30]
        ours = slice(peaks.first[t], peaks.first[t + 1])
        np.testing.assert_array_equal(np.rint(55 * 2 ** (peaks.cents[ours] / 1200) * FFT_SIZE / RATE), found)
        assert (20 * np.log10(peaks.amplitudes[ours]) >= decibels[found] - 1e-3).all()  # the top of a parabola


def test_peaks_of_a_frame_do_not_depend_on_where_the_work_begins_and_silence_has_none():
    rng = np.random.default_rng(2)
    samples = np.concatenate([rng.standard_normal(2 * CHUNK * HOP), np.zeros(2000)]).astype(np.float32)
    num_frames = len(samples) // HOP
    whole = find_peaks(samples, 0, num_frames, 65, 40)
    for begin, end in [(CHUNK, num_frames), (700, 701), (0, 3)]:
        part = find_peaks(samples, begin, end, 65, 40)
        inside = slice(whole.first[begin], whole.first[end])
        np.testing.assert_array_equal(np.diff(part.first), np.diff(whole.first[begin : end + 1]))
        np.testing.assert_allclose(part.cents, whole.cents[inside], atol=0.05)
        np.testing.assert_allclose(part.amplitudes, whole.amplitudes[inside], rtol=1e-4)
    assert (np.diff(whole.first)[-10:] == 0).all()


def test_the_flat_spectrum_of_a_click_is_no_error():
    """Its bins differ by rounding alone, and less in their logarithms: a parabola through three equal ones has no top."""
    click = np.zeros(20 * HOP, np.float32)
    click[10 * HOP] = 0.9
    peaks = find_peaks(click, 0, 20, 65, 40)
    assert np.isfinite(peaks.cents).all() and np.isfinite(peaks.amplitudes).all()
