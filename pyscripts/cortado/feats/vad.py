"""Energy-based voice activity detection: Kaldi's compute-vad, for features with or without an energy column."""

from dataclasses import dataclass
from typing import Literal

import torch


@dataclass(frozen=True)
class EnergyVad:
    """A frame is speech when enough of its neighbours lie above a threshold that follows the utterance's mean log energy.

    Threshold: vad_energy_threshold + vad_energy_mean_scale * mean. Speech: at least vad_proportion_threshold of the frames
    within vad_frames_context on either side are above it.

    `energy` says where the log energy is. "first_column" is Kaldi's: C0, or the energy of features made with use_energy.
    "mel_bins" is for log-mel features without that column: the log of the summed mel energies. On read speech it lies about 2
    nats above Kaldi's log energy (the gain of a 512-point transform, less what pre-emphasis and window take), so its threshold is
    half of that higher (conf/vad_fbank.yaml).
    """

    vad_energy_threshold: float = 5.0
    vad_energy_mean_scale: float = 0.5
    vad_frames_context: int = 0
    vad_proportion_threshold: float = 0.6
    energy: Literal["first_column", "mel_bins"] = "first_column"

    def __post_init__(self):
        if self.vad_frames_context < 0 or self.vad_energy_mean_scale < 0:
            raise ValueError("vad_frames_context and vad_energy_mean_scale are 0 or more")
        if not 0 < self.vad_proportion_threshold < 1:
            raise ValueError(f"vad_proportion_threshold is {self.vad_proportion_threshold}; it lies between 0 and 1")

    def log_energy(self, feats: torch.Tensor) -> torch.Tensor:
        """Log energy (time,) of feats (time, dim)."""
        return feats[:, 0] if self.energy == "first_column" else feats.logsumexp(1)

    def __call__(self, feats: torch.Tensor) -> torch.Tensor:
        """Decisions (time,) float32 for feats (time, dim): 1 speech, 0 not, as Kaldi writes them."""
        energy = self.log_energy(feats)
        threshold = self.vad_energy_threshold + self.vad_energy_mean_scale * energy.double().mean()
        loud = energy > threshold.float()
        time = torch.arange(len(feats))
        start = (time - self.vad_frames_context).clamp_min(0)
        end = (time + self.vad_frames_context + 1).clamp_max(len(feats))
        counts = torch.cat([torch.zeros(1, dtype=torch.int64), loud.cumsum(0)])
        return ((counts[end] - counts[start]) >= (end - start) * self.vad_proportion_threshold).float()
