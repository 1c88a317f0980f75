"""A class for each output of a network, such as the HMM states of an alignment. The loss is cross-entropy."""

from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from cortado.errors import DataError
from cortado.nn.lengths import is_padding
from cortado.train.targets import Targets


class FrameTargets(Targets):
    """`targets.scp`, which steps/make_state_targets.sh makes: as many classes as outputs, numbered from 0.

    With `label_smoothing` s, training aims at a target's class with 1 - s and at every class with s / num_classes (C. Szegedy et al.,
    "Rethinking the inception architecture", CVPR 2016, section 7). Figures of held-out utterances are plain cross-entropy.
    """

    table = "targets.scp"
    figure = "accuracy"
    can_be_cut = True

    def __init__(self, folder: str | Path, upsample: int, label_smoothing: float = 0.0):
        super().__init__(folder, upsample)
        if not 0 <= label_smoothing < 1:
            raise ValueError(f"label_smoothing must be in [0, 1), not {label_smoothing}")
        self.label_smoothing = label_smoothing

    def smoothed(self, shares: np.ndarray) -> np.ndarray:
        """The mean of what training aims at, where the classes come in these `shares` of the targets: (num_classes,), sum 1.

        It is the prior of the posteriors that are learnt: by it, not by `shares`, they are divided for likelihoods. Where a class is
        rare, smoothing makes its posterior many times its share.
        """
        return (1 - self.label_smoothing) * shares + self.label_smoothing / self.num_classes

    def problem(self, utterance: str, num_frames: int, source: Path) -> None:
        """There is none. Raises DataError unless there is a target for each output."""
        found, expected = self.vector_size(utterance), self.upsample * num_frames
        if found != expected:
            raise DataError(
                self.path,
                f"utterance {utterance} has {found} targets, but {num_frames} frames in {source}, and the network has {self.upsample} "
                f"outputs a frame, {expected} in all; make the targets of these very clips, or set upsample to what they were made for",
            )

    def count(self, utterance: str, num_frames: int) -> int:
        return self.upsample * num_frames

    def fewest_frames(self, utterance: str) -> int:
        return 1

    def played(self, targets: Tensor, num_frames: int) -> Tensor:
        """To each output the target at its middle, in the time of `targets`."""
        num_outputs = self.upsample * num_frames
        return targets[(2 * torch.arange(num_outputs) + 1) * len(targets) // (2 * num_outputs)]

    def read(self, utterance: str, start: int, stop: int) -> Tensor:
        return self.read_vector(utterance, start * self.upsample, stop * self.upsample, first_class=0)

    def loss(
        self, log_posteriors: Tensor, num_outputs: Tensor, targets: Tensor, num_targets: Tensor, training: bool
    ) -> tuple[Tensor, Tensor]:
        """The figure counts outputs whose most likely class is their target."""
        valid = ~is_padding(num_targets, targets.shape[1])
        log_posteriors, targets = log_posteriors[valid], targets[valid]
        smoothing = self.label_smoothing if training else 0.0
        of_targets = log_posteriors.gather(1, targets.unsqueeze(1)).squeeze(1)
        loss = -((1 - smoothing) * of_targets + smoothing * log_posteriors.mean(dim=1)).sum()
        return loss, (log_posteriors.detach().argmax(dim=1) == targets).sum()
