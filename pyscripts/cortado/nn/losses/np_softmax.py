"""Normalised prototypical loss and global classification together: S. M. Kye et al., Interspeech 2020, equation 3."""

from torch import Tensor

from cortado.nn.losses.normalised_prototypical import NormalisedPrototypical
from cortado.nn.losses.normalised_softmax import NormalisedSoftmax


class NPSoftmax(NormalisedPrototypical):
    """The sum of the two, with equal weights; all utterances, prototypes and queries, are classified among all training speakers.

    >>> import torch
    >>> loss = NPSoftmax(embedding_dim=8, num_classes=5, utterances_per_speaker=3)
    >>> loss(torch.randn(12, 8), torch.tensor([0, 4, 1, 2]).repeat_interleave(3)).shape
    torch.Size([])
    """

    def __init__(self, embedding_dim: int, num_classes: int, utterances_per_speaker: int = 2, num_support: int = 1):
        super().__init__(embedding_dim, num_classes, utterances_per_speaker, num_support)
        self.softmax = NormalisedSoftmax(embedding_dim, num_classes)

    def logits(self, embeddings: Tensor) -> Tensor:
        """embeddings: (batch, embedding_dim) -> (batch, num_classes), of the global classification."""
        return self.softmax.logits(embeddings)

    def forward(self, embeddings: Tensor, labels: Tensor) -> Tensor:
        """embeddings: (batch, embedding_dim); labels: (batch,) int64 in [0, num_classes), speaker after speaker. Returns a scalar."""
        return super().forward(embeddings, labels) + self.softmax(embeddings, labels)
