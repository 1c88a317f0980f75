"""Angular prototypical loss: J. S. Chung et al., "In defence of metric learning for speaker recognition", Interspeech 2020,
equation 7."""

from torch import Tensor

from cortado.nn.losses.cosine import PositiveScale, cosines
from cortado.nn.losses.prototypical import Prototypical


class AngularPrototypical(Prototypical):
    """The logit of query q and prototype p is w cos(q, p) + b, with trained w > 0 and b that begin at 10 and -5.

    The paper's prototype is the mean of all utterances but one: `num_support` utterances_per_speaker - 1.

    >>> import torch
    >>> loss = AngularPrototypical(embedding_dim=8, num_classes=5)
    >>> loss(torch.randn(8, 8), torch.tensor([0, 4, 1, 2]).repeat_interleave(2)).shape
    torch.Size([])
    """

    def __init__(self, embedding_dim: int, num_classes: int, utterances_per_speaker: int = 2, num_support: int = 1):
        super().__init__(embedding_dim, num_classes, utterances_per_speaker, num_support)
        self.scale = PositiveScale()

    def similarities(self, queries: Tensor, prototypes: Tensor) -> Tensor:
        """queries: (n, dim); prototypes: (speakers, dim). Returns logits (n, speakers)."""
        return self.scale(cosines(queries, prototypes))
