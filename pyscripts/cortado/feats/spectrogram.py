"""Log power spectrum: Kaldi's compute-spectrogram-feats."""

from dataclasses import dataclass

import torch

from cortado.feats.extractor import EPSILON, Extractor, power


@dataclass(frozen=True)
class Spectrogram(Extractor):
    """Log of the squared magnitude of each bin; column 0 is the frame's log energy in place of the constant component."""

    @property
    def dim(self) -> int:
        return self.fft_size // 2 + 1

    @property
    def needs_energy(self) -> bool:
        return True

    def rows(self, spectrum: torch.Tensor, log_energy: torch.Tensor | None) -> torch.Tensor:
        log_power = power(spectrum).clamp_min_(EPSILON).log_()
        log_power[:, 0] = log_energy
        return log_power
