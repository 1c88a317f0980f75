"""Additive angular margin softmax: J. Deng, J. Guo, N. Xue, S. Zafeiriou, "ArcFace", CVPR 2019, equation 3."""

import math

import torch
from torch import Tensor

from cortado.nn.losses.margin import MarginSoftmax


class AAMSoftmax(MarginSoftmax):
    """The true class's logit is s cos(theta + m), theta in [0, pi], m in [0, pi].

    Beyond theta = pi - m the cosine would rise again and reward the worst embeddings. There the logit goes on as
    s (cos theta - (1 - cos m)): the line that meets s cos(pi) = -s at theta = pi - m, and falls with theta.

    >>> AAMSoftmax(embedding_dim=8, num_classes=5)(torch.randn(3, 8), torch.tensor([0, 4, 1])).shape
    torch.Size([])
    """

    def __init__(self, embedding_dim: int, num_classes: int, scale: float = 30.0, margin: float = 0.2):
        super().__init__(embedding_dim, num_classes, scale, margin)

    def with_margin(self, cosines: Tensor) -> Tensor:
        cos_m, sin_m = math.cos(self.current_margin), math.sin(self.current_margin)
        sines = (1.0 - cosines.square()).clamp(min=1e-7).sqrt()  # the root has no gradient at theta = 0
        return torch.where(cosines > -cos_m, cosines * cos_m - sines * sin_m, cosines - (1.0 - cos_m))
