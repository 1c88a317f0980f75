"""Temporal average pooling."""

from torch import Tensor, nn

from cortado.nn.lengths import masked_mean


class AveragePooling(nn.Module):
    """The mean of the valid frames.

    This is also the "adaptive" average of VGG-M: A. Nagrani, J. S. Chung, A. Zisserman, "VoxCeleb", Interspeech 2017,
    average over 1 x n positions, n being what the utterance gives (8 for 3 seconds), so that whole utterances are embedded
    by a network that was trained on crops. A mean over the valid frames does that for any length.

    >>> import torch
    >>> AveragePooling(3)(torch.randn(4, 20, 3), torch.tensor([20, 5, 7, 1])).shape
    torch.Size([4, 3])
    """

    def __init__(self, dim: int):
        super().__init__()
        self.out_dim = dim

    def forward(self, x: Tensor, lengths: Tensor | None = None) -> Tensor:
        """x: (batch, time, dim); lengths: (batch,) int64, at least 1, or None. Returns (batch, dim) in x's type."""
        return masked_mean(x, lengths).to(x.dtype)
