"""Softmax cross-entropy over the training speakers."""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from cortado.nn.lengths import at_least_float32


class Softmax(nn.Module):
    """-log softmax_y(W e + b), averaged over the batch; in float32 whatever the autocast.

    >>> Softmax(embedding_dim=8, num_classes=5)(torch.randn(3, 8), torch.tensor([0, 4, 1])).shape
    torch.Size([])
    """

    utterances_per_speaker = 1

    def __init__(self, embedding_dim: int, num_classes: int):
        super().__init__()
        self.classifier = nn.Linear(embedding_dim, num_classes)

    def logits(self, embeddings: Tensor) -> Tensor:
        """embeddings: (batch, embedding_dim) -> (batch, num_classes)."""
        with torch.autocast(embeddings.device.type, enabled=False):
            return self.classifier(at_least_float32(embeddings))

    def forward(self, embeddings: Tensor, labels: Tensor) -> Tensor:
        """embeddings: (batch, embedding_dim); labels: (batch,) int64 in [0, num_classes). Returns a scalar."""
        return F.cross_entropy(self.logits(embeddings), labels)
