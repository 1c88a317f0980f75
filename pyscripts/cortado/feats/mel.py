"""The mel filter bank and the cosine transform behind it, by Kaldi's formulas."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch

from cortado.feats.extractor import Extractor, power


def mel_scale(frequency):
    """Mel of a frequency in Hz: 1127 ln(1 + f / 700)."""
    return 1127.0 * np.log1p(np.asarray(frequency, dtype=np.float64) / 700.0)


def mel_weights(num_mel_bins: int, fft_size: int, sample_frequency: float, low_freq: float, high_freq: float) -> np.ndarray:
    """Triangular filters, (fft_size // 2, num_mel_bins) float64: triangles in mel, their centres evenly spaced between the limits.

    The Nyquist bin has no row: Kaldi leaves it out. Raises ValueError for a filter that contains no bin of the spectrum.
    """
    bins = mel_scale(np.arange(fft_size // 2) * sample_frequency / fft_size)[:, None]
    edges = np.linspace(mel_scale(low_freq), mel_scale(high_freq), num_mel_bins + 2)
    left, centre, right = edges[:-2], edges[1:-1], edges[2:]
    weights = np.minimum((bins - left) / (centre - left), (right - bins) / (right - centre)).clip(0)
    empty = np.flatnonzero(weights.sum(0) == 0)
    if len(empty):
        raise ValueError(
            f"num_mel_bins {num_mel_bins} is too large: filter {empty[0]} contains no bin of a {fft_size}-point spectrum; "
            "lower it, or set n_fft to more points"
        )
    return weights


def dct_matrix(num_rows: int, num_columns: int) -> np.ndarray:
    """The first `num_rows` rows of the orthonormal cosine transform (DCT-II) of `num_columns` values, float64."""
    angles = np.pi / num_columns * np.outer(np.arange(num_rows), np.arange(num_columns) + 0.5)
    scales = np.full((num_rows, 1), np.sqrt(2 / num_columns))
    scales[0] = np.sqrt(1 / num_columns)
    return scales * np.cos(angles)


def lifter_coefficients(lifter: float, num_ceps: int) -> np.ndarray:
    """1 + lifter / 2 sin(pi n / lifter), by which cepstra are raised to one range; ones when `lifter` is 0."""
    if lifter == 0:
        return np.ones(num_ceps)
    return 1 + 0.5 * lifter * np.sin(np.pi * np.arange(num_ceps) / lifter)


@dataclass(frozen=True)
class MelExtractor(Extractor):
    """Options of the mel filter bank, and its output. `high_freq` of 0 or less counts from the Nyquist frequency down."""

    num_mel_bins: int = 23
    low_freq: float = 20.0
    high_freq: float = 0.0
    use_energy: bool = False

    def __post_init__(self):
        super().__post_init__()
        nyquist = self.sample_frequency / 2
        if not 0 <= self.low_freq < self.top_frequency <= nyquist:
            raise ValueError(f"low_freq {self.low_freq} and high_freq {self.high_freq} must be a range within 0 to {nyquist} Hz")
        if self.num_mel_bins < 3:
            raise ValueError(f"num_mel_bins is {self.num_mel_bins}; there must be 3 at least")
        self._bank  # noqa: B018  (raises when a filter is empty)

    @property
    def needs_energy(self) -> bool:
        return self.use_energy

    @property
    def top_frequency(self) -> float:
        """The upper end of the last filter in Hz."""
        return self.high_freq if self.high_freq > 0 else self.sample_frequency / 2 + self.high_freq

    @cached_property
    def _bank(self) -> tuple[slice, torch.Tensor]:
        """The spectrum's bins that any filter reads, and their weights (bins, num_mel_bins) float32."""
        weights = mel_weights(self.num_mel_bins, self.fft_size, self.sample_frequency, self.low_freq, self.top_frequency)
        used = np.flatnonzero(weights.sum(1))
        bins = slice(used[0], used[-1] + 1)
        return bins, torch.from_numpy(weights[bins].astype(np.float32))

    def mel_energies(self, spectrum: torch.Tensor, use_power: bool = True) -> torch.Tensor:
        """Each filter's sum over the power (or magnitude) spectrum, (frames, num_mel_bins)."""
        bins, weights = self._bank
        values = power(spectrum[:, bins])
        return (values if use_power else values.sqrt_()) @ weights
