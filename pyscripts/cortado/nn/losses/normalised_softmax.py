"""Softmax with class vectors of length 1: the modified softmax of W. Liu et al., "SphereFace", CVPR 2017, equation 5, and the
global classification of S. M. Kye et al., "Meta-learning for short utterance speaker recognition", Interspeech 2020."""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from cortado.nn.lengths import at_least_float32


class NormalisedSoftmax(nn.Module):
    """Cross-entropy over e . w_c / |w_c|: no bias, and the embedding keeps its length, which acts as the scale.

    >>> NormalisedSoftmax(embedding_dim=8, num_classes=5)(torch.randn(3, 8), torch.tensor([0, 4, 1])).shape
    torch.Size([])
    """

    utterances_per_speaker = 1

    def __init__(self, embedding_dim: int, num_classes: int):
        super().__init__()
        self.weight = nn.Parameter(torch.empty(num_classes, embedding_dim))
        nn.init.xavier_uniform_(self.weight)

    def logits(self, embeddings: Tensor) -> Tensor:
        """embeddings: (batch, embedding_dim) -> (batch, num_classes)."""
        with torch.autocast(embeddings.device.type, enabled=False):
            return F.linear(at_least_float32(embeddings), F.normalize(self.weight))

    def forward(self, embeddings: Tensor, labels: Tensor) -> Tensor:
        """embeddings: (batch, embedding_dim); labels: (batch,) int64 in [0, num_classes). Returns a scalar."""
        return F.cross_entropy(self.logits(embeddings), labels)
