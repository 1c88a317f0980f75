"""Perturbations of a waveform: equaliser, reverberation, noise, speed. All are pure functions of their arguments.

Waveforms are (num_samples,) float32 and rates are in Hz. Randomness comes from a generator that the caller gives; made by
`utterance_rng`, it depends on a seed and the utterance's name alone, so neither order nor number of jobs changes a sample.
"""

import hashlib
from collections.abc import Sequence

import numpy as np
import soxr
import torch

EQ_KNOTS = 6
LOWEST = 50.0  # Hz: the equaliser's first knot (the last is at the Nyquist frequency); below it, coloured noise is white
DIRECT_TO_REVERBERANT = (0.0, 10.0)  # dB, of synthetic rooms


def utterance_rng(seed: int, utterance: str) -> np.random.Generator:
    """The random generator of one utterance under one seed."""
    digest = hashlib.sha256(utterance.encode()).digest()
    return np.random.default_rng([seed, int.from_bytes(digest[:16], "little")])


def resample(samples: np.ndarray, rate: float, new_rate: float) -> np.ndarray:
    """`samples` taken at `rate` as they would be at `new_rate`; (num_samples,) float32 in and out."""
    return samples if rate == new_rate else soxr.resample(samples, rate, new_rate)


def change_speed(samples: np.ndarray, factor: float) -> np.ndarray:
    """Play `samples` `factor` times as fast, tempo and pitch together: len / factor samples (Ko et al., Interspeech 2015)."""
    return resample(samples, factor, 1.0)


def random_eq(samples: np.ndarray, rate: int, rng: np.random.Generator, std_db: float = 4.0) -> np.ndarray:
    """A random microphone: gains N(0, std_db) dB at six knots, even on a logarithmic axis, joined by lines; zero phase."""
    size = _fast_length(len(samples) + rate // 8)  # the zeros behind take what the filter smears
    frequencies = np.maximum(np.arange(size // 2 + 1) * (rate / size), LOWEST)
    knots = np.geomspace(LOWEST, rate / 2, EQ_KNOTS)
    gains = np.interp(np.log(frequencies), np.log(knots), rng.normal(0, std_db, EQ_KNOTS))
    spectrum = torch.fft.rfft(torch.from_numpy(samples), size)
    spectrum *= torch.from_numpy(10 ** (gains / 20)).float()
    return torch.fft.irfft(spectrum, size)[: len(samples)].numpy()


def synthetic_rir(t60: float, rate: int, rng: np.random.Generator) -> np.ndarray:
    """A room's impulse response: a direct path of 1, then noise that decays by 60 dB in `t60` seconds (Polack's model).

    The energy of the direct path is 0 to 10 dB above that of the noise, drawn evenly.
    """
    decay = 10 ** (-3 * np.arange(1, max(2, int(t60 * rate))) / (t60 * rate))
    tail = rng.standard_normal(len(decay)) * decay
    tail *= np.sqrt(_from_db(-rng.uniform(*DIRECT_TO_REVERBERANT)) / np.sum(tail**2))
    return np.concatenate([[1.0], tail]).astype(np.float32)


def reverberate(samples: np.ndarray, rir: np.ndarray) -> np.ndarray:
    """`samples` in the room of impulse response `rir`: same length and power, the direct path (the response's peak) at no delay."""
    size = _fast_length(len(samples) + len(rir) - 1)
    spectrum = torch.fft.rfft(torch.from_numpy(samples), size) * torch.fft.rfft(torch.from_numpy(rir), size)
    direct = int(np.abs(rir).argmax())
    wet = torch.fft.irfft(spectrum, size)[direct : direct + len(samples)].numpy()
    return wet * _gain(_power(samples), _power(wet))


def coloured_noise(num_samples: int, rate: int, rng: np.random.Generator) -> np.ndarray:
    """Gaussian noise whose power falls as 1 / f^b above 50 Hz, b drawn evenly from 0 (white) to 2 (brown)."""
    size = _fast_length(num_samples)
    spectrum = torch.fft.rfft(torch.from_numpy(rng.standard_normal(size, dtype=np.float32)))
    frequencies = np.maximum(np.arange(size // 2 + 1) * (rate / size), LOWEST)
    slope = torch.from_numpy(frequencies ** (-rng.uniform(0, 2) / 2)).float()
    return torch.fft.irfft(spectrum * slope, size)[:num_samples].numpy()


def add_noise(samples: np.ndarray, noise: np.ndarray, snr_db: float) -> np.ndarray:
    """`samples` with `noise` of the same length, scaled to the signal-to-noise ratio `snr_db` over the whole."""
    return samples + noise * _gain(_power(samples) * _from_db(-snr_db), _power(noise))


def mix(signals: Sequence[np.ndarray]) -> np.ndarray:
    """All signals (num_samples,) at once, each brought to power 1; a silent one adds nothing."""
    return np.sum([signal * _gain(1.0, _power(signal)) for signal in signals], axis=0)


def _fast_length(least: int) -> int:
    """A length from `least` on, at most an eighth above it, that the Fourier transform is fast for: 8 to 16 times a power of two."""
    step = 1 << max(0, least.bit_length() - 4)
    return -(-least // step) * step


def _power(samples: np.ndarray) -> float:
    return float(np.mean(np.square(samples, dtype=np.float64)))


def _from_db(level: float) -> float:
    return 10 ** (level / 10)


def _gain(wanted: float, power: float) -> np.float32:
    """The factor that brings a signal of `power` to the power `wanted`; 0 for silence, which no factor can raise."""
    return np.float32(np.sqrt(wanted / power) if power > 0 else 0.0)
