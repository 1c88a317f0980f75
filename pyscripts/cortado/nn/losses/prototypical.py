"""Prototypical networks: J. Snell, K. Swersky, R. Zemel, "Prototypical networks for few-shot learning", NeurIPS 2017,
equations 1 and 2."""

import torch
from torch import Tensor
from torch.nn import functional as F

from cortado.errors import ConfigError
from cortado.nn.losses.episode import EpisodeLoss


class Prototypical(EpisodeLoss):
    """Which speaker's prototype is a query nearest to? Cross-entropy over minus the squared Euclidean distances.

    A prototype is the mean of a speaker's first `num_support` utterances; each of the others is a query.

    >>> loss = Prototypical(embedding_dim=8, num_classes=5, utterances_per_speaker=3)
    >>> loss(torch.randn(12, 8), torch.tensor([0, 4, 1, 2]).repeat_interleave(3)).shape
    torch.Size([])
    """

    def __init__(self, embedding_dim: int, num_classes: int, utterances_per_speaker: int = 2, num_support: int = 1):
        super().__init__(embedding_dim, num_classes, utterances_per_speaker)
        if not 1 <= num_support < utterances_per_speaker:
            raise ConfigError(f"num_support must leave a query of {utterances_per_speaker} utterances: 1 or more, not {num_support}")
        self.num_support = num_support

    def similarities(self, queries: Tensor, prototypes: Tensor) -> Tensor:
        """queries: (n, dim); prototypes: (speakers, dim). Returns logits (n, speakers), up to a constant of each query.

        -|q - p|^2 = 2 q.p - |p|^2 - |q|^2; the softmax over prototypes does not see the last term, so it is left out.
        """
        return 2 * queries @ prototypes.T - prototypes.square().sum(dim=1)

    def episode_loss(self, utterances: Tensor) -> Tensor:
        num_speakers, num_utterances, _ = utterances.shape
        prototypes = utterances[:, : self.num_support].mean(dim=1)
        queries = utterances[:, self.num_support :].flatten(0, 1)
        speakers = torch.arange(num_speakers, device=utterances.device).repeat_interleave(num_utterances - self.num_support)
        return F.cross_entropy(self.similarities(queries, prototypes), speakers)
