"""A model in training as plain arrays: what checkpoints hold."""

from dataclasses import replace
from typing import NamedTuple

import numpy as np
import torch

from cortado.hmm.gmm import DiagGmms
from cortado.hmm.transition_model import TransitionModel


class Snapshot(NamedTuple):
    """`transforms` (num, D, D + 1): affine transforms of the features that the Gaussians are for; none, one for all, or one a speaker."""

    log_probs: np.ndarray  # of TransitionModel
    offsets: np.ndarray  # of DiagGmms, as the rest
    weights: np.ndarray
    means: np.ndarray
    variances: np.ndarray
    transforms: np.ndarray

    @classmethod
    def of(cls, transitions: TransitionModel, gmms: DiagGmms, transforms: np.ndarray | None = None) -> "Snapshot":
        none = np.zeros((0, gmms.dim, gmms.dim + 1))
        return cls(
            transitions.log_probs, gmms.offsets, gmms.weights, gmms.means, gmms.variances, none if transforms is None else transforms
        )

    @property
    def gmms(self) -> DiagGmms:
        return DiagGmms(self.offsets, self.weights, self.means, self.variances)

    def with_gmms(self, gmms: DiagGmms) -> "Snapshot":
        return self._replace(offsets=gmms.offsets, weights=gmms.weights, means=gmms.means, variances=gmms.variances)

    def transitions(self, like: TransitionModel) -> TransitionModel:
        """The model `like` with the probabilities of this one."""
        return replace(like, log_probs=self.log_probs)

    def tensors(self, prefix: str) -> dict[str, torch.Tensor]:
        return {f"{prefix}.{name}": torch.from_numpy(np.ascontiguousarray(array)) for name, array in self._asdict().items()}

    @classmethod
    def from_tensors(cls, tensors: dict[str, torch.Tensor], prefix: str) -> "Snapshot":
        return cls(*(tensors[f"{prefix}.{name}"].numpy() for name in cls._fields))
