"""The loss of cross attentive pooling: S. M. Kye, Y. Kwon, J. S. Chung, SLT 2021, section 2.4, and the authors' code."""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from cortado.errors import ConfigError
from cortado.nn.losses.normalised_softmax import NormalisedSoftmax


class NPSoftmaxOfPairs(nn.Module):
    """Normalised prototypical loss and global classification, where each pair has embeddings of its own.

    It is NPSoftmax with a prototype of one utterance, but that embeddings depend on whom they are compared with: the logit of
    query q and speaker s is e_q . e_s / |e_s| with the e of the pair (s, q). The global classification sees the pairs of one
    speaker, both sides: each query once, each prototype as often as its speaker has queries. The paper weighs both alike; a
    weight of 0 leaves one out.

    >>> loss = NPSoftmaxOfPairs(embedding_dim=8, num_classes=5)
    >>> loss(torch.randn(2, 4, 8), torch.randn(2, 4, 8), torch.tensor([0, 0, 1, 1]), torch.tensor([3, 3, 0, 0])).shape
    torch.Size([])
    """

    def __init__(
        self,
        embedding_dim: int,
        num_classes: int,
        utterances_per_speaker: int = 3,
        prototypical_weight: float = 1.0,
        softmax_weight: float = 1.0,
    ):
        super().__init__()
        if utterances_per_speaker < 2:
            raise ConfigError(f"utterances_per_speaker must be at least 2, not {utterances_per_speaker}")
        self.utterances_per_speaker = utterances_per_speaker
        self.prototypical_weight, self.softmax_weight = prototypical_weight, softmax_weight
        self.softmax = NormalisedSoftmax(embedding_dim, num_classes)

    def logits(self, embeddings: Tensor) -> Tensor:
        """embeddings: (batch, embedding_dim) -> (batch, num_classes), of the global classification."""
        return self.softmax.logits(embeddings)

    def forward(self, support: Tensor, query: Tensor, own: Tensor, labels: Tensor) -> Tensor:
        """support, query: (S, Q, embedding_dim), float32 or float64, either side of each pair; own: (Q,) int64 in [0, S), the
        support of each query's own speaker; labels: (Q,) int64 in [0, num_classes). Returns a scalar.
        """
        similarities = (query * F.normalize(support, dim=-1)).sum(dim=-1)
        matching = torch.cat([matching_pairs(support, own), matching_pairs(query, own)])
        prototypical = F.cross_entropy(similarities.T, own)
        return self.prototypical_weight * prototypical + self.softmax_weight * self.softmax(matching, labels.repeat(2))


def matching_pairs(side: Tensor, own: Tensor) -> Tensor:
    """Of one side's (S, Q, dim) those of each query with its own speaker's support: (Q, dim)."""
    return side[own, torch.arange(len(own), device=own.device)]
