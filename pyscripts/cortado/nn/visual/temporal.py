"""Convolution over time and plane on a row of frames: three 2D convolutions, whose results are added where they belong."""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from cortado.nn.visual.clips import Clips, add_taps

TIME_TAPS = 3


class TemporalConv(nn.Module):
    """What nn.Conv3d(in_channels, out_channels, (3, k, k), (1, stride, stride), padding="half", groups=groups, bias=False) does.

    The weight is that layer's. A native depthwise Conv3d takes ten times as long on a CPU (its gradients most), and its
    memory format would have to be changed before and after.

    >>> conv, clips = TemporalConv(2, 4, kernel_size=3, stride=2), Clips(None, batch_size=1, num_frames=5)
    >>> conv(torch.randn(5, 2, 8, 8), clips).shape, conv.weight.shape
    (torch.Size([5, 4, 4, 4]), torch.Size([4, 2, 3, 3, 3]))
    """

    def __init__(self, in_channels: int, out_channels: int, kernel_size: int, stride: int = 1, groups: int = 1):
        super().__init__()
        self.weight = nn.Parameter(torch.empty(out_channels, in_channels // groups, TIME_TAPS, kernel_size, kernel_size))
        self.kernel_size, self.stride, self.groups = kernel_size, stride, groups
        initialise_conv(self.weight, groups)

    def forward(self, frames: Tensor, clips: Clips) -> Tensor:
        """(frames, in_channels, height, width) -> (frames, out_channels, height / stride, width / stride), rounded up."""
        taps = (self._convolve(frames, weight) for weight in self.weight.unbind(2))
        return add_taps(*taps, clips.joined)

    def _convolve(self, frames: Tensor, weight: Tensor) -> Tensor:
        weight = weight.contiguous(memory_format=torch.channels_last)
        return F.conv2d(frames, weight, stride=self.stride, padding=self.kernel_size // 2, groups=self.groups)


def initialise_conv(weight: Tensor, groups: int = 1) -> None:
    """As He et al., ICCV 2015: normal, the variance 2 / (weights that an input value meets)."""
    fan_out = weight[:, 0].numel() / groups
    nn.init.normal_(weight, std=(2 / fan_out) ** 0.5)
