"""Cutting a waveform into windowed frames by Kaldi's rules: what fbank, MFCC and spectrogram have in common.

Waveforms come in as float32 in [-1, 1) and are scaled by 2^15, so energies and floors mean what they mean in Kaldi.
Frames are processed in chunks of a fixed shape. So working memory is a few MB whatever the length, a chunk stays in the
processor's cache, and each matrix product has the same shape always: a row's bytes do not depend on its neighbours.
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
import torch

FULL_SCALE = 32768.0  # Kaldi reads 16-bit integers
EPSILON = float(np.finfo(np.float32).eps)  # Kaldi's floor under every logarithm
CHUNK = 256  # frames processed together: 256 x 512 floats are half a MB

WINDOWS = {
    "povey": lambda turn: (0.5 - 0.5 * np.cos(turn)) ** 0.85,
    "hamming": lambda turn: 0.54 - 0.46 * np.cos(turn),
    "hanning": lambda turn: 0.5 - 0.5 * np.cos(turn),
    "sine": lambda turn: np.sin(0.5 * turn),
    "blackman": lambda turn: 0.42 - 0.5 * np.cos(turn) + 0.08 * np.cos(2 * turn),
    "rectangular": np.ones_like,
}


@dataclass(frozen=True)
class Extractor(ABC):
    """A kind of features: options under Kaldi's names, and a call that turns a waveform into a matrix.

    Subclasses add their options, and define `dim` and `rows`. Frequencies are in Hz, times in milliseconds.
    Raises ValueError for an impossible value.
    """

    sample_frequency: float = 16000.0
    frame_length: float = 25.0
    frame_shift: float = 10.0
    preemphasis_coefficient: float = 0.97
    remove_dc_offset: bool = True
    window_type: Literal["povey", "hamming", "hanning", "sine", "blackman", "rectangular"] = "povey"
    round_to_power_of_two: bool = True
    snip_edges: bool = True
    dither: float = 0.0  # standard deviation of the noise added to the 16-bit samples (Kaldi's default is 1)
    energy_floor: float = 0.0
    raw_energy: bool = True  # energy before pre-emphasis and window
    n_fft: int | None = None  # points of the transform, zeros behind the window included; not Kaldi's, whose choice None is

    def __post_init__(self):
        if self.window_size < 2 or self.window_shift < 1:
            raise ValueError(
                f"frame_length {self.frame_length} ms and frame_shift {self.frame_shift} ms must hold 2 and 1 samples at least"
            )
        if self.n_fft is not None and self.n_fft < self.window_size:
            raise ValueError(f"n_fft is {self.n_fft}, fewer points than the {self.window_size} samples of a frame")
        if not 0 <= self.preemphasis_coefficient <= 1:
            raise ValueError(f"preemphasis_coefficient is {self.preemphasis_coefficient}; it lies between 0 and 1")
        if self.dither < 0 or self.energy_floor < 0:
            raise ValueError("dither and energy_floor are 0 or more")

    @property
    @abstractmethod
    def dim(self) -> int:
        """Number of columns."""

    @abstractmethod
    def rows(self, spectrum: torch.Tensor, log_energy: torch.Tensor | None) -> torch.Tensor:
        """Features (frames, dim) of the frames' spectrum (frames, fft_size // 2 + 1) complex64 and log energy (frames,)."""

    @property
    def needs_energy(self) -> bool:
        """Whether `rows` reads the log energy; when it does not, none is computed."""
        return False

    @property
    def window_size(self) -> int:
        """Samples in a frame."""
        return int(self.sample_frequency * 0.001 * self.frame_length)

    @property
    def window_shift(self) -> int:
        """Samples from one frame's start to the next one's."""
        return int(self.sample_frequency * 0.001 * self.frame_shift)

    @property
    def fft_size(self) -> int:
        """Samples of a frame with the zeros behind it."""
        if self.n_fft is not None:
            return self.n_fft
        return 1 << (self.window_size - 1).bit_length() if self.round_to_power_of_two else self.window_size

    @cached_property
    def window(self) -> torch.Tensor:
        """The window function, (window_size,) float32."""
        turn = np.linspace(0, 2 * np.pi, self.window_size)
        return torch.from_numpy(WINDOWS[self.window_type](turn).astype(np.float32))

    def num_frames(self, num_samples: int) -> int:
        """Frames in a waveform: whole windows only, or with snip_edges false one per shift, the edges mirrored."""
        if not self.snip_edges:
            return (num_samples + self.window_shift // 2) // self.window_shift
        return max(0, 1 + (num_samples - self.window_size) // self.window_shift)

    def __call__(self, samples: torch.Tensor, rng: np.random.Generator | None = None) -> torch.Tensor:
        """Features (num_frames, dim) float32 of `samples`, (num_samples,) float32 in [-1, 1).

        `rng` is read for dither alone and must be given when there is any (see `augment.utterance_rng`). The noise is
        added to the waveform, where Kaldi adds it to each frame.
        """
        if self.dither:
            if rng is None:
                raise ValueError("dither needs a random generator")
            noise = rng.standard_normal(len(samples), dtype=np.float32)
            samples = samples + torch.from_numpy(noise) * (self.dither / FULL_SCALE)
        num_frames = self.num_frames(len(samples))
        feats = torch.empty(num_frames, self.dim)
        padded = torch.zeros(CHUNK, self.fft_size)
        for first in range(0, num_frames, CHUNK):
            count = min(CHUNK, num_frames - first)  # in the last chunk the rows after these hold old frames, unused
            log_energy = self._fill(padded, samples, first, count)
            feats[first : first + count] = self.rows(torch.fft.rfft(padded), log_energy)[:count]
        return feats

    def _fill(self, padded: torch.Tensor, samples: torch.Tensor, first: int, count: int) -> torch.Tensor | None:
        """Write the windowed frames [first, first + count) into the rows of `padded`; their log energy if it is needed."""
        size, shift = self.window_size, self.window_shift
        start = first * shift - (0 if self.snip_edges else size // 2 - shift // 2)
        piece = _mirrored(samples, start, start + (count - 1) * shift + size) * FULL_SCALE
        frames = piece.as_strided((count, size), (shift, 1))
        if self.remove_dc_offset:
            frames = frames - frames.mean(1, keepdim=True)
        windowed, before = padded[:count, :size], self.preemphasis_coefficient
        torch.sub(frames[:, 1:], frames[:, :-1], alpha=before, out=windowed[:, 1:])
        torch.mul(frames[:, 0], 1 - before, out=windowed[:, 0])  # the sample before a frame counts as equal to its first
        windowed.mul_(self.window)
        if self.needs_energy:
            return self._log_energy(frames if self.raw_energy else windowed)
        return None

    def _log_energy(self, frames: torch.Tensor) -> torch.Tensor:
        """Log of each frame's sum of squares, (CHUNK,); rows after the given frames are zero."""
        energy = torch.zeros(CHUNK)
        energy[: len(frames)] = frames.square().sum(1)
        return energy.clamp_min_(max(EPSILON, self.energy_floor)).log_()


def power(spectrum: torch.Tensor) -> torch.Tensor:
    """Squared magnitude of a complex tensor; several times faster than abs().square(), and rounded once less."""
    return spectrum.real.square().add_(spectrum.imag.square())


def _mirrored(samples: torch.Tensor, start: int, stop: int) -> torch.Tensor:
    """samples[start:stop], where positions outside the waveform are mirrored at its ends (as often as it takes)."""
    if start >= 0 and stop <= len(samples):
        return samples[start:stop]
    index = torch.arange(start, stop) % (2 * len(samples))
    return samples[torch.minimum(index, 2 * len(samples) - 1 - index)]
