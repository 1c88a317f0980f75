"""All3D: ResNet-18 with every 3x3 convolution inflated to 3x3x3."""

from torch import Tensor, nn

from cortado.nn.visual.clips import Clips
from cortado.nn.visual.network import VisualNetwork
from cortado.nn.visual.temporal import TemporalConv


class All3D(VisualNetwork):
    """At width 64 it has 33,153,728 parameters.

    >>> All3D(width=8, blocks=(1, 1)).output_dim
    16
    """

    def __init__(self, width: int = 64, blocks: tuple[int, ...] = (2, 2, 2, 2), in_channels: int = 1):
        super().__init__(VolumeConv, width, blocks, in_channels)


class VolumeConv(nn.Module):
    """3x3x3 convolution without bias, and batch normalisation."""

    def __init__(self, in_channels: int, out_channels: int, stride: int):
        super().__init__()
        self.conv = TemporalConv(in_channels, out_channels, kernel_size=3, stride=stride)
        self.norm = nn.BatchNorm2d(out_channels)

    def forward(self, frames: Tensor, clips: Clips) -> Tensor:
        return self.norm(self.conv(frames, clips))
