"""Batches of utterances of different lengths: masks, statistics over valid frames, lengths behind a convolution."""

import torch
from torch import Tensor

from cortado.errors import CortadoError


def is_padding(lengths: Tensor, num_frames: int) -> Tensor:
    """(..., num_frames) bool, True where a frame lies beyond its row's length. lengths: (...) int64, mostly (batch,).

    >>> is_padding(torch.tensor([1, 3]), 3).int().tolist()
    [[0, 1, 1], [0, 0, 0]]
    """
    return torch.arange(num_frames, device=lengths.device) >= lengths.unsqueeze(-1)


def zero_padding(x: Tensor, lengths: Tensor | None) -> Tensor:
    """x: (..., time, dim) with zeros in the frames beyond `lengths` (...), whatever stood there; no gradient reaches them.

    >>> zero_padding(torch.tensor([[[1.0], [float("nan")]]]), torch.tensor([1])).tolist()
    [[[1.0], [0.0]]]
    """
    return x if lengths is None else x.masked_fill(is_padding(lengths, x.shape[-2]).unsqueeze(-1), 0.0)


def masked_softmax(logits: Tensor, lengths: Tensor | None) -> Tensor:
    """Softmax over the valid frames, exactly 0 beyond them, in at least float32.

    logits: (..., heads, time), finite in valid frames; lengths: (...) int64, at least 1, or None. Returns logits' shape.

    >>> masked_softmax(torch.zeros(1, 1, 3), torch.tensor([2])).tolist()
    [[[0.5, 0.5, 0.0]]]
    """
    logits = at_least_float32(logits)
    if lengths is not None:
        logits = logits.masked_fill(is_padding(lengths, logits.shape[-1]).unsqueeze(-2), -torch.inf)
    return logits.softmax(dim=-1)


def conv_length(length, kernel_size: int, stride: int = 1, padding: int = 0, dilation: int = 1):
    """Frames that a convolution makes of `length` frames (an int or an int64 tensor).

    >>> conv_length(200, kernel_size=3, stride=2, padding=1)
    100
    """
    return (length + 2 * padding - dilation * (kernel_size - 1) - 1) // stride + 1


def masked_mean(x: Tensor, lengths: Tensor | None) -> Tensor:
    """Mean over the valid frames. x: (..., time, dim); lengths: (...), at least 1. Returns (..., dim), at least float32."""
    x = at_least_float32(x)
    if lengths is None:
        return x.mean(dim=-2)
    return zero_padding(x, lengths).sum(dim=-2) / lengths.unsqueeze(-1)


def masked_mean_and_variance(x: Tensor, lengths: Tensor | None) -> tuple[Tensor, Tensor]:
    """Mean and population variance (divided by the length) over valid frames, each (..., dim), at least float32.

    The mean is subtracted before squaring: E[x^2] - E[x]^2 loses all digits where the mean is large.
    """
    x = zero_padding(at_least_float32(x), lengths)  # a square's gradient is twice its root: in the padding that must be finite
    mean = masked_mean(x, lengths)
    return mean, masked_mean((x - mean.unsqueeze(-2)).square(), lengths)


def at_least_float32(x: Tensor) -> Tensor:
    """x itself, or float32 where x is bfloat16 or float16: sums over hundreds of frames need the digits."""
    return x.float() if x.dtype in (torch.bfloat16, torch.float16) else x


def check_features(x: Tensor, lengths: Tensor | None, feat_dim: int, min_frames: int = 1) -> None:
    """Raise CortadoError unless x is (batch, time, feat_dim) and every row has at least `min_frames` valid frames."""
    if x.dim() != 3 or x.shape[2] != feat_dim:
        raise CortadoError(f"features of shape {tuple(x.shape)}: this network was made for (batch, time, {feat_dim})")
    shortest = x.shape[1] if lengths is None else int(lengths.min())
    if shortest < min_frames:
        raise CortadoError(f"an utterance of {shortest} frames is too short: this network needs at least {min_frames}")
    if lengths is not None and int(lengths.max()) > x.shape[1]:
        raise CortadoError(f"a length of {int(lengths.max())} frames in a batch of {x.shape[1]} frames")
