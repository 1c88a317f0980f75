"""Mel-frequency cepstral coefficients: Kaldi's compute-mfcc-feats."""

from dataclasses import dataclass
from functools import cached_property

import torch

from cortado.feats.extractor import EPSILON
from cortado.feats.mel import MelExtractor, dct_matrix, lifter_coefficients


@dataclass(frozen=True)
class Mfcc(MelExtractor):
    """Liftered cosine transform of log-mel energies; with `use_energy` (Kaldi's default) column 0 is the log energy, not C0."""

    num_ceps: int = 13
    cepstral_lifter: float = 22.0
    use_energy: bool = True

    def __post_init__(self):
        super().__post_init__()
        if not 1 <= self.num_ceps <= self.num_mel_bins:
            raise ValueError(f"num_ceps is {self.num_ceps}; it lies between 1 and num_mel_bins ({self.num_mel_bins})")
        if self.cepstral_lifter < 0:
            raise ValueError(f"cepstral_lifter is {self.cepstral_lifter}; it is 0 (none) or more")

    @property
    def dim(self) -> int:
        return self.num_ceps

    @cached_property
    def _transform(self) -> torch.Tensor:
        """Cosine transform and lifter in one matrix, (num_mel_bins, num_ceps)."""
        lifter = lifter_coefficients(self.cepstral_lifter, self.num_ceps)
        return torch.from_numpy(dct_matrix(self.num_ceps, self.num_mel_bins).T * lifter).float()

    def rows(self, spectrum: torch.Tensor, log_energy: torch.Tensor | None) -> torch.Tensor:
        ceps = self.mel_energies(spectrum).clamp_min_(EPSILON).log_() @ self._transform
        if log_energy is not None:
            ceps[:, 0] = log_energy
        return ceps
