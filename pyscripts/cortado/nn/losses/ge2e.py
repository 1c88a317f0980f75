"""Generalised end-to-end loss: L. Wan, Q. Wang, A. Papir, I. Lopez Moreno, "Generalized end-to-end loss for speaker
verification", ICASSP 2018, equations 5 to 9."""

from typing import Literal

import torch
from torch import Tensor
from torch.nn import functional as F

from cortado.nn.losses.cosine import PositiveScale, cosines
from cortado.nn.losses.episode import EpisodeLoss


class GE2E(EpisodeLoss):
    """Each utterance against the centroid of each speaker, its own speaker's without the utterance itself.

    The similarity is S = w cos(e, c) + b, with trained w > 0 and b that begin at 10 and -5. "softmax" is the cross-entropy of S
    over speakers; "contrast" is 1 - sigmoid(S of the own centroid) + the largest sigmoid(S) of another. The paper sums
    over the batch, here is the mean. Embeddings are brought to length 1 before centroids are taken.

    >>> loss = GE2E(embedding_dim=8, num_classes=5, utterances_per_speaker=3)
    >>> loss(torch.randn(12, 8), torch.tensor([0, 4, 1, 2]).repeat_interleave(3)).shape
    torch.Size([])
    """

    def __init__(
        self, embedding_dim: int, num_classes: int, utterances_per_speaker: int = 10, variant: Literal["softmax", "contrast"] = "softmax"
    ):
        super().__init__(embedding_dim, num_classes, utterances_per_speaker)
        self.variant = variant
        self.scale = PositiveScale()

    def similarities(self, utterances: Tensor) -> Tensor:
        """utterances: (speakers, utterances, dim) -> (speakers, utterances, speakers), of each utterance and each centroid."""
        utterances = F.normalize(utterances, dim=2)
        total, num_utterances = utterances.sum(dim=1), utterances.shape[1]
        without_itself = (total.unsqueeze(1) - utterances) / (num_utterances - 1)
        own = (utterances * F.normalize(without_itself, dim=2)).sum(dim=2, keepdim=True)
        return self.scale(torch.where(_own(utterances), own, cosines(utterances, total / num_utterances)))

    def episode_loss(self, utterances: Tensor) -> Tensor:
        similarities = self.similarities(utterances)
        if self.variant == "softmax":
            speakers = torch.arange(len(utterances), device=utterances.device).repeat_interleave(utterances.shape[1])
            return F.cross_entropy(similarities.flatten(0, 1), speakers)
        probabilities, own = similarities.sigmoid(), _own(utterances)
        largest_other = probabilities.masked_fill(own, 0.0).amax(dim=2)
        return (1 - (probabilities * own).sum(dim=2) + largest_other).mean()


def _own(utterances: Tensor) -> Tensor:
    """(speakers, 1, speakers) bool, True where the centroid is the utterance's own speaker's."""
    return torch.eye(len(utterances), dtype=torch.bool, device=utterances.device).unsqueeze(1)
