"""Learnable dictionary encoding (LDE): W. Cai, Z. Cai, X. Zhang, X. Wang, M. Li, "A novel learnable dictionary encoding
layer for end-to-end language identification", ICASSP 2018; for speakers W. Cai, J. Chen, M. Li, Odyssey 2018."""

import math

import torch
from torch import Tensor, nn

from cortado.nn.lengths import at_least_float32, masked_mean, masked_softmax, zero_padding
from cortado.nn.pooling.precision import without_autocast


class DictionaryPooling(nn.Module):
    """Frames are shared out among `num_components` centres mu_c; each collects the mean of what its frames differ from it.

        w_tc = softmax_c(-s_c ||x_t - mu_c||^2),  e_c = 1/T sum_t w_tc (x_t - mu_c),  output e_1 ... e_C, concatenated

    This is the simplified form of the papers, divided by the frames; a Gaussian mixture would divide by the component's own
    sum_t w_tc. s_c = exp of a parameter, so positive. Centres start uniform in +-1 / sqrt(C dim), as in Deep TEN (H. Zhang,
    CVPR 2017) which the papers follow; s_c = 1 and 64 components are our defaults.

    >>> DictionaryPooling(3, num_components=8)(torch.randn(4, 20, 3), torch.tensor([20, 5, 7, 1])).shape
    torch.Size([4, 24])
    """

    def __init__(self, dim: int, num_components: int = 64):
        super().__init__()
        self.out_dim = num_components * dim
        bound = 1 / math.sqrt(num_components * dim)
        self.centres = nn.Parameter(torch.empty(num_components, dim).uniform_(-bound, bound))
        self.log_scales = nn.Parameter(torch.zeros(num_components))

    def attention(self, x: Tensor, lengths: Tensor | None = None) -> Tensor:
        """w_tc / sum_t w_tc, each component's share of its frames: (batch, components, time), at least float32."""
        _, log_shares = self._share_out(x, lengths)
        return masked_softmax(log_shares, lengths)

    def forward(self, x: Tensor, lengths: Tensor | None = None) -> Tensor:
        """x: (batch, time, dim); lengths: (batch,) int64, at least 1, or None. Returns (batch, out_dim) in x's type."""
        frames, log_shares = self._share_out(x, lengths)
        with without_autocast(x):
            occupancy = masked_mean(log_shares.exp().transpose(1, 2), lengths)
            residuals = masked_softmax(log_shares, lengths) @ frames - self.centres.to(frames.dtype)
            return (occupancy.unsqueeze(2) * residuals).flatten(1).to(x.dtype)

    def _share_out(self, x: Tensor, lengths: Tensor | None) -> tuple[Tensor, Tensor]:
        """The frames in at least float32, zero in the padding, and log w (batch, components, time)."""
        with without_autocast(x):
            frames = zero_padding(at_least_float32(x), lengths)
            centres, scales = self.centres.to(frames.dtype), self.log_scales.to(frames.dtype).exp()
            squares = frames.square().sum(dim=2).unsqueeze(1) + centres.square().sum(dim=1).unsqueeze(1)
            distances = squares - 2 * centres @ frames.transpose(1, 2)  # never (batch, time, components, dim)
            return frames, (-scales.unsqueeze(1) * distances).log_softmax(dim=1)
