"""Additive margin softmax: F. Wang, W. Liu, H. Liu, J. Cheng, "Additive margin softmax for face verification", IEEE Signal
Processing Letters 2018, equations 5 and 6; the CosAMS loss of the multi-resolution paper."""

from torch import Tensor

from cortado.nn.losses.margin import MarginSoftmax


class AMSoftmax(MarginSoftmax):
    """The true class's logit is s (cos theta - m).

    >>> import torch
    >>> AMSoftmax(embedding_dim=8, num_classes=5)(torch.randn(3, 8), torch.tensor([0, 4, 1])).shape
    torch.Size([])
    """

    def __init__(self, embedding_dim: int, num_classes: int, scale: float = 30.0, margin: float = 0.2):
        super().__init__(embedding_dim, num_classes, scale, margin)

    def with_margin(self, cosines: Tensor) -> Tensor:
        return cosines - self.current_margin
