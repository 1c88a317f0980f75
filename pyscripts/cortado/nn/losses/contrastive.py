"""Contrastive loss: R. Hadsell, S. Chopra, Y. LeCun, "Dimensionality reduction by learning an invariant mapping", CVPR 2006,
equation 4; A. Nagrani et al., "VoxCeleb", Interspeech 2017, trains VGG-M with it."""

import torch
from torch import Tensor

from cortado.nn.losses.episode import EpisodeLoss
from cortado.nn.losses.pairs import pair_distances


class Contrastive(EpisodeLoss):
    """D^2 / 2 for two utterances of one speaker, max(0, m - D)^2 / 2 for two of different ones; D is at most 2, as embeddings
    are brought to length 1.

    All pairs of the batch are used. Pairs of one speaker and of two are averaged apart and the two means added: of N
    speakers' pairs about one in N is of one speaker, and a mean over all would hardly see them.

    >>> loss = Contrastive(embedding_dim=8, num_classes=5)
    >>> loss(torch.randn(6, 8), torch.tensor([0, 0, 4, 4, 1, 1])).shape
    torch.Size([])
    """

    def __init__(self, embedding_dim: int, num_classes: int, utterances_per_speaker: int = 2, margin: float = 1.0):
        super().__init__(embedding_dim, num_classes, utterances_per_speaker)
        self.margin = margin

    def episode_loss(self, utterances: Tensor) -> Tensor:
        distances, same = pair_distances(utterances)
        once = torch.ones_like(same).triu(diagonal=1)
        near = distances[same & once].square()
        far = (self.margin - distances[~same & once]).clamp(min=0).square()
        return (near.mean() + far.mean()) / 2
