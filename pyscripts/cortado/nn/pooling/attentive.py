"""What attentive poolings share: from scores of frames to weights, and from weights to statistics."""

from abc import ABC, abstractmethod

from torch import Tensor, nn

from cortado.nn.lengths import at_least_float32, masked_softmax, zero_padding
from cortado.nn.pooling.precision import without_autocast


class AttentivePooling(nn.Module, ABC):
    """Weights over time are the softmax of `logits`; `pool` makes the vector of them.

    Both are given frames in at least float32, zero in the padding, with autocast off.
    """

    out_dim: int

    @abstractmethod
    def logits(self, frames: Tensor) -> Tensor:
        """frames: (batch, time, dim) -> (batch, heads, time)."""

    @abstractmethod
    def pool(self, frames: Tensor, attention: Tensor) -> Tensor:
        """frames: (batch, time, dim); attention: (batch, heads, time) -> (batch, out_dim)."""

    def attention(self, x: Tensor, lengths: Tensor | None = None) -> Tensor:
        """The weights of forward: (batch, heads, time), at least float32, summing to 1 over time, 0 in the padding."""
        return self._attend(x, lengths)[1]

    def forward(self, x: Tensor, lengths: Tensor | None = None) -> Tensor:
        """x: (batch, time, dim); lengths: (batch,) int64, at least 1, or None. Returns (batch, out_dim) in x's type."""
        frames, attention = self._attend(x, lengths)
        with without_autocast(x):
            return self.pool(frames, attention).to(x.dtype)

    def _attend(self, x: Tensor, lengths: Tensor | None) -> tuple[Tensor, Tensor]:
        with without_autocast(x):
            frames = zero_padding(at_least_float32(x), lengths)
            return frames, masked_softmax(self.logits(frames), lengths)


def weighted_mean_and_deviation(frames: Tensor, attention: Tensor, variance_floor: float = 1e-10) -> tuple[Tensor, Tensor]:
    """Each head's mean and standard deviation of the frames under its weights, each (batch, heads, dim).

    frames: (batch, time, dim), finite in the padding too; attention: (batch, heads, time); both at least float32. The mean is
    subtracted before squaring, in a tensor (batch, heads, time, dim). The variance is floored before the root, so that weight
    on a single frame has a finite gradient.

    >>> import torch
    >>> mean, deviation = weighted_mean_and_deviation(torch.tensor([[[1.0], [3.0]]]), torch.tensor([[[0.5, 0.5]]]))
    >>> mean.item(), deviation.item()
    (2.0, 1.0)
    """
    with without_autocast(frames):
        mean = attention @ frames
        squares = (frames.unsqueeze(1) - mean.unsqueeze(2)).square()
        variance = (attention.unsqueeze(2) @ squares).squeeze(2)
        return mean, variance.clamp(min=variance_floor).sqrt()
