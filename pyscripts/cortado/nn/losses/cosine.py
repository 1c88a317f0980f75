"""Scaled and shifted cosines, which losses on episodes give to a softmax."""

import torch
from torch import Tensor, nn
from torch.nn import functional as F


def cosines(x: Tensor, y: Tensor) -> Tensor:
    """x: (..., n, dim); y: (..., m, dim). Returns (..., n, m) in [-1, 1] up to rounding; 0 for a vector of zeros.

    >>> cosines(torch.tensor([[2.0, 0.0]]), torch.eye(2)).tolist()
    [[1.0, 0.0]]
    """
    return F.normalize(x, dim=-1) @ F.normalize(y, dim=-1).mT


class PositiveScale(nn.Module):
    """w x + b with trained w > 0 and b: L. Wan et al., ICASSP 2018, equation 5. They begin at 10 and -5.

    Where training would take w below `smallest`, it is taken as `smallest`, with the gradient that it would have without that
    limit: so it can come back.
    """

    smallest = 1e-6

    def __init__(self):
        super().__init__()
        self.w, self.b = nn.Parameter(torch.tensor(10.0)), nn.Parameter(torch.tensor(-5.0))

    def forward(self, x: Tensor) -> Tensor:
        """x of any shape -> the same shape."""
        w = self.w + (self.smallest - self.w).clamp(min=0).detach()
        return w * x + self.b
