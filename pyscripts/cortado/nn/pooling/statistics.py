"""Statistics pooling: D. Snyder et al., "X-vectors", ICASSP 2018, section 2.2 (after Snyder et al., Interspeech 2017)."""

import torch
from torch import Tensor, nn

from cortado.nn.lengths import masked_mean_and_variance


class StatisticsPooling(nn.Module):
    """Mean and standard deviation of the valid frames, one after the other.

    The variance is the population's (divided by the number of frames, as in Kaldi) and floored before the root, so that
    a single frame or a constant input has a finite gradient.

    >>> StatisticsPooling(3)(torch.randn(4, 20, 3), torch.tensor([20, 5, 7, 1])).shape
    torch.Size([4, 6])
    """

    def __init__(self, dim: int, variance_floor: float = 1e-10):
        super().__init__()
        self.out_dim = 2 * dim
        self.variance_floor = variance_floor

    def forward(self, x: Tensor, lengths: Tensor | None = None) -> Tensor:
        """x: (batch, time, dim); lengths: (batch,) int64, at least 1, or None. Returns (batch, 2 dim) in x's type."""
        mean, variance = masked_mean_and_variance(x, lengths)
        return torch.cat([mean, variance.clamp(min=self.variance_floor).sqrt()], dim=1).to(x.dtype)
