"""From the features on disk to the vectors that the models see: deltas, normalisation, speech frames alone."""

from dataclasses import dataclass
from typing import Literal

import torch

from cortado.feats import SlidingCmvn, add_deltas, apply_cmvn, cmvn_stats


@dataclass(frozen=True)
class FrontEnd:
    """Deltas are taken first, over all frames. "sliding" normalises over `cmn_window` frames of any kind, and speech is selected
    then (the order of Kaldi's sid scripts); "utterance" normalises over the speech frames of an utterance.

    `vad`: take the frames that the data directory's vad.scp calls speech; without it, all frames.
    """

    delta_order: int = 2
    delta_window: int = 2
    cmvn: Literal["none", "utterance", "sliding"] = "utterance"
    cmn_window: int = 300
    norm_vars: bool = True
    vad: bool = True

    def __post_init__(self):
        if self.delta_order < 0 or self.delta_window < 1:
            raise ValueError(f"delta_order ({self.delta_order}) must be at least 0 and delta_window ({self.delta_window}) at least 1")
        if self.cmn_window < 1:
            raise ValueError(f"cmn_window must be at least 1 frame, not {self.cmn_window}")

    def dim(self, feat_dim: int) -> int:
        """The size of the vectors made of features of `feat_dim` columns."""
        return feat_dim * (self.delta_order + 1)

    def __call__(self, feats: torch.Tensor, is_speech: torch.Tensor | None = None) -> torch.Tensor:
        """feats (time, feat_dim), is_speech (time,) bool or None for all -> (num_speech, dim) float64."""
        if self.delta_order:
            feats = add_deltas(feats, self.delta_order, self.delta_window)
        if self.cmvn == "sliding":
            feats = SlidingCmvn(self.cmn_window, min_cmn_window=min(100, self.cmn_window), norm_vars=self.norm_vars)(feats)
        if is_speech is not None:
            feats = feats[is_speech]
        if self.cmvn == "utterance" and len(feats):
            feats = apply_cmvn(feats, cmvn_stats(feats), norm_vars=self.norm_vars)
        return feats.double()
