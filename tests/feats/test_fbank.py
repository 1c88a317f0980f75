"""Filter-bank features against kaldi-native-fbank, and against a plain float64 version of Kaldi's definition."""

import kaldi_native_fbank as knf
import numpy as np
import pytest
import torch

from cortado.feats import Fbank
from cortado.feats.mel import mel_weights


def speech_like(seconds: float, rate: int, seed: int = 0) -> np.ndarray:
    """Harmonics of a gliding voice, noise and a constant offset, (num_samples,) float32 in [-1, 1)."""
    rng = np.random.default_rng(seed)
    time = np.arange(int(seconds * rate)) / rate
    phase = 2 * np.pi * (120 * time + 15 * np.sin(2 * np.pi * 0.7 * time))
    voice = sum(np.sin(k * phase) / k for k in range(1, 20)) * np.abs(np.sin(2 * np.pi * 1.5 * time))
    return (0.1 * voice + 0.01 * rng.standard_normal(len(time)) + 0.02).astype(np.float32)


def native_fbank(samples: np.ndarray, fbank: Fbank) -> np.ndarray:
    """The same options through kaldi-native-fbank."""
    options = knf.FbankOptions()
    for name, value in {
        "samp_freq": fbank.sample_frequency,
        "dither": 0,
        "window_type": fbank.window_type,
        "snip_edges": fbank.snip_edges,
        "remove_dc_offset": fbank.remove_dc_offset,
        "round_to_power_of_two": fbank.round_to_power_of_two,
        "frame_shift_ms": fbank.frame_shift,
        "frame_length_ms": fbank.frame_length,
        "preemph_coeff": fbank.preemphasis_coefficient,
    }.items():
        setattr(options.frame_opts, name, value)
    options.mel_opts.num_bins, options.mel_opts.low_freq, options.mel_opts.high_freq = fbank.num_mel_bins, fbank.low_freq, fbank.high_freq
    options.use_energy, options.raw_energy, options.energy_floor = fbank.use_energy, fbank.raw_energy, fbank.energy_floor
    options.use_log_fbank, options.use_power = fbank.use_log_fbank, fbank.use_power
    computer = knf.OnlineFbank(options)
    computer.accept_waveform(fbank.sample_frequency, (samples * 32768).tolist())
    computer.input_finished()
    return np.stack([computer.get_frame(i) for i in range(computer.num_frames_ready)])


@pytest.mark.parametrize(
    "options",
    [
        {"num_mel_bins": 80},
        {"num_mel_bins": 40, "use_energy": True},
        {"num_mel_bins": 40, "use_energy": True, "raw_energy": False, "energy_floor": 1e7},
        {"num_mel_bins": 80, "snip_edges": False},
        {"num_mel_bins": 80, "low_freq": 60, "high_freq": -400, "remove_dc_offset": False},
        {"num_mel_bins": 40, "window_type": "hamming", "preemphasis_coefficient": 0.5},
        {"num_mel_bins": 40, "window_type": "rectangular", "frame_shift": 12.5, "frame_length": 50},
        {"num_mel_bins": 23, "window_type": "hanning"},
        {"num_mel_bins": 23, "window_type": "blackman"},
        {"num_mel_bins": 23, "use_power": False},
        {"num_mel_bins": 40, "sample_frequency": 8000},
        {"num_mel_bins": 80, "sample_frequency": 44100},
        {"num_mel_bins": 80, "sample_frequency": 44100, "snip_edges": False},
        {"num_mel_bins": 40, "round_to_power_of_two": False},
    ],
    ids=lambda options: "-".join(f"{key}={value}" for key, value in options.items()),
)
def test_agrees_with_kaldi_native_fbank_within_float32_rounding(options):
    fbank = Fbank(**options)
    samples = speech_like(3.3, int(fbank.sample_frequency))
    ours, theirs = fbank(torch.from_numpy(samples)).numpy(), native_fbank(samples, fbank)
    assert ours.shape == theirs.shape
    np.testing.assert_allclose(ours, theirs, rtol=0, atol=2e-3)
    assert np.abs(ours - theirs).mean() < 5e-6


def test_linear_filter_bank_energies_agree_with_kaldi_native_fbank():
    fbank = Fbank(num_mel_bins=40, use_log_fbank=False)
    samples = speech_like(1, 16000)
    np.testing.assert_allclose(fbank(torch.from_numpy(samples)), native_fbank(samples, fbank), rtol=2e-3)


def float64_fbank(samples: np.ndarray, num_mel_bins: int) -> np.ndarray:
    """Kaldi's definition frame by frame in float64, through numpy's transform."""
    window = (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(400) / 399)) ** 0.85
    weights = mel_weights(num_mel_bins, 512, 16000, 20, 8000)
    rows = []
    for start in range(0, len(samples) - 399, 160):
        frame = samples[start : start + 400].astype(np.float64) * 32768
        frame -= frame.mean()
        frame -= 0.97 * np.concatenate([frame[:1], frame[:-1]])
        rows.append(np.log(np.abs(np.fft.rfft(frame * window, 512)[:256]) ** 2 @ weights))
    return np.stack(rows)


def test_is_as_close_to_exact_arithmetic_as_kaldi_native_fbank_is():
    samples = speech_like(4, 16000, seed=1)
    exact, fbank = float64_fbank(samples, 80), Fbank(num_mel_bins=80)
    ours = np.abs(fbank(torch.from_numpy(samples)).numpy() - exact)
    theirs = np.abs(native_fbank(samples, fbank) - exact)
    assert ours.max() < 2e-3
    assert ours.mean() < 1.5 * theirs.mean()


def test_filters_sum_to_one_between_the_outer_centres():
    weights = mel_weights(40, 512, 16000, 20, 8000)
    inner = slice(np.flatnonzero(weights[:, 0]).max(), np.flatnonzero(weights[:, -1]).min())
    np.testing.assert_allclose(weights[inner].sum(1), 1)


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({"num_mel_bins": 300}, "num_mel_bins"),
        ({"low_freq": 5000, "high_freq": 4000}, "low_freq"),
        ({"high_freq": 9000}, "high_freq"),
        ({"high_freq": -8000}, "high_freq"),
        ({"frame_shift": 0}, "frame_shift"),
        ({"preemphasis_coefficient": 1.5}, "preemphasis_coefficient"),
    ],
)
def test_impossible_options_are_refused_by_name(options, named):
    with pytest.raises(ValueError, match=named):
        Fbank(**options)
