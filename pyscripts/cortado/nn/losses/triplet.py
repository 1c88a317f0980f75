"""Triplet loss with semi-hard negatives: F. Schroff, D. Kalenichenko, J. Philbin, "FaceNet", CVPR 2015, equations 3 and 4."""

import torch
from torch import Tensor

from cortado.nn.losses.episode import EpisodeLoss
from cortado.nn.losses.pairs import pair_distances


class Triplet(EpisodeLoss):
    """max(0, D(anchor, positive)^2 - D(anchor, negative)^2 + m), D between embeddings brought to length 1.

    Every two utterances of a speaker are anchor and positive, and the other way round. Their negative is the utterance of
    another speaker nearest to the anchor beyond the positive (semi-hard), or the farthest where none lies beyond: the nearest of
    all would pull every embedding to one point.

    >>> loss = Triplet(embedding_dim=8, num_classes=5)
    >>> loss(torch.randn(6, 8), torch.tensor([0, 0, 4, 4, 1, 1])).shape
    torch.Size([])
    """

    def __init__(self, embedding_dim: int, num_classes: int, utterances_per_speaker: int = 2, margin: float = 0.2):
        super().__init__(embedding_dim, num_classes, utterances_per_speaker)
        self.margin = margin

    def episode_loss(self, utterances: Tensor) -> Tensor:
        distances, same = pair_distances(utterances)
        squares = distances.square()
        anchors, positives = (same & ~torch.eye(len(same), dtype=torch.bool, device=same.device)).nonzero(as_tuple=True)
        near = squares[anchors, positives]
        negatives = _semi_hard(squares.detach(), same, anchors, near.detach())
        return (near - squares[anchors, negatives] + self.margin).clamp(min=0).mean()


def _semi_hard(squares: Tensor, same: Tensor, anchors: Tensor, near: Tensor) -> Tensor:
    """The row of each triplet's negative: the nearest beyond `near`, or else the farthest. Shapes (n, n), (n, n), (p,), (p,)."""
    to_others, own = squares[anchors], same[anchors]
    beyond, nearest = to_others.masked_fill(own | (to_others <= near.unsqueeze(1)), torch.inf).min(dim=1)
    farthest = to_others.masked_fill(own, -torch.inf).argmax(dim=1)
    return torch.where(beyond.isinf(), farthest, nearest)
