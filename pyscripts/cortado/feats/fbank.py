"""Log-mel filter-bank features: Kaldi's compute-fbank-feats."""

from dataclasses import dataclass

import torch

from cortado.feats.extractor import EPSILON
from cortado.feats.mel import MelExtractor


@dataclass(frozen=True)
class Fbank(MelExtractor):
    """Filter-bank energies, their logarithm by default; with `use_energy` the frame's log energy is column 0."""

    use_log_fbank: bool = True
    use_power: bool = True

    @property
    def dim(self) -> int:
        return self.num_mel_bins + self.use_energy

    def rows(self, spectrum: torch.Tensor, log_energy: torch.Tensor | None) -> torch.Tensor:
        mel = self.mel_energies(spectrum, self.use_power)
        if self.use_log_fbank:
            mel.clamp_min_(EPSILON).log_()
        return mel if log_energy is None else torch.cat([log_energy[:, None], mel], dim=1)
