"""What encoders over the time-frequency plane share: masks of padded frames, the strided shortcut, stages of residual blocks.

A plane is (batch, channels, time, frequency); its mask is (batch, 1, time, 1) bool, True on padding, or None for a full batch.
"""

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from cortado.nn.lengths import conv_length, is_padding


def plane_padding(lengths: Tensor | None, num_frames: int) -> Tensor | None:
    """The mask of planes of `num_frames` frames, of which `lengths` (batch,) are valid."""
    return None if lengths is None else is_padding(lengths, num_frames)[:, None, :, None]


def zero(x: Tensor, padding: Tensor | None) -> Tensor:
    """x with 0 where the mask says so: what a convolution's own padding would be if the row stood alone.

    >>> zero(torch.ones(1, 1, 3, 2), plane_padding(torch.tensor([2]), 3)).tolist()
    [[[[1.0, 1.0], [1.0, 1.0], [0.0, 0.0]]]]
    """
    return x if padding is None else x.masked_fill(padding, 0.0)


def zero_(x: Tensor, padding: Tensor | None) -> Tensor:
    """zero() of a plane that the caller alone holds: it is written over where no gradient is asked for, which saves a copy a layer."""
    if padding is None or torch.is_grad_enabled():
        return zero(x, padding)
    return x.masked_fill_(padding, 0.0)


def pad_bins(x: Tensor, min_bins: int) -> Tensor:
    """x: (batch, time, feat_dim) with zeros as further bins where it has fewer than `min_bins`.

    >>> pad_bins(torch.ones(1, 1, 2), 3).tolist(), pad_bins(torch.ones(1, 1, 2), 1).tolist()
    ([[[1.0, 1.0, 0.0]]], [[[1.0, 1.0]]])
    """
    return F.pad(x, (0, max(0, min_bins - x.shape[2])))


class Projection(nn.Sequential):
    """1x1 convolution with a stride, without bias, and batch normalisation.

    The stride is taken before the convolution: oneDNN's strided 1x1 convolution writes beyond its buffer in the backward pass of
    channels-last tensors with fewer than 16 channels (its issue 6035), which corrupts memory silently or kills the process.
    """

    def __init__(self, in_channels: int, out_channels: int, stride: int):
        super().__init__(nn.Conv2d(in_channels, out_channels, 1, bias=False), nn.BatchNorm2d(out_channels))
        self.stride = stride

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x[:, :, :: self.stride, :: self.stride])


def make_shortcut(in_channels: int, out_channels: int, stride: int) -> nn.Module:
    """What a residual block adds its result to: its input, projected where the shape changes."""
    if stride == 1 and in_channels == out_channels:
        return nn.Identity()
    return Projection(in_channels, out_channels, stride)


class Stage(nn.Module):
    """Residual blocks of one width, of which the first carries the stride.

    `block(in_channels, out_channels, stride)` makes a module with forward(x, padding), padding at the block's output rate.
    """

    def __init__(self, block: Callable[[int, int, int], nn.Module], in_channels: int, out_channels: int, num_blocks: int, stride: int):
        super().__init__()
        self.stride = stride
        first = block(in_channels, out_channels, stride)
        self.blocks = nn.ModuleList([first, *(block(out_channels, out_channels, 1) for _ in range(num_blocks - 1))])

    def lengths(self, lengths):
        """Frames (or bins) that come out."""
        return conv_length(lengths, kernel_size=3, stride=self.stride, padding=1)

    def forward(self, x: Tensor, out_lengths: Tensor | None) -> Tensor:
        padding = plane_padding(out_lengths, self.lengths(x.shape[2]))
        for block in self.blocks:
            x = block(x, padding)
        return x


def initialise(network: nn.Module) -> None:
    """Convolutions as He et al., ICCV 2015 (normal, by the fan-out); batch normalisation and linear layers stay torch's."""
    for module in network.modules():
        if isinstance(module, nn.Conv2d):
            nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
