"""Normalised prototypical loss: S. M. Kye, Y. Jung, H. B. Lee, S. J. Hwang, H. Kim, "Meta-learning for short utterance
speaker recognition with imbalance length pairs", Interspeech 2020, equation 1."""

from torch import Tensor
from torch.nn import functional as F

from cortado.nn.losses.prototypical import Prototypical


class NormalisedPrototypical(Prototypical):
    """The logit of query q and prototype p is q . p / |p|: the query keeps its length, and there is no scale or shift.

    Cross attentive pooling has 3 utterances a speaker, of which the first is the prototype.

    >>> import torch
    >>> loss = NormalisedPrototypical(embedding_dim=8, num_classes=5, utterances_per_speaker=3)
    >>> loss(torch.randn(12, 8), torch.tensor([0, 4, 1, 2]).repeat_interleave(3)).shape
    torch.Size([])
    """

    def similarities(self, queries: Tensor, prototypes: Tensor) -> Tensor:
        """queries: (n, dim); prototypes: (speakers, dim). Returns logits (n, speakers)."""
        return queries @ F.normalize(prototypes).T
