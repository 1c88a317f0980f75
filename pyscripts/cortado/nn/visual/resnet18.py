"""ResNet-18: convolutions in the plane, each frame by itself; only the front end sees time."""

from torch import Tensor, nn

from cortado.nn.visual.clips import Clips
from cortado.nn.visual.network import VisualNetwork


class ResNet18(VisualNetwork):
    """The baseline. At width 64 it has 11,182,784 parameters.

    >>> ResNet18(width=16).output_dim
    128
    """

    def __init__(self, width: int = 64, blocks: tuple[int, ...] = (2, 2, 2, 2), in_channels: int = 1):
        super().__init__(PlaneConv, width, blocks, in_channels)


class PlaneConv(nn.Module):
    """1x3x3 convolution without bias, and batch normalisation."""

    def __init__(self, in_channels: int, out_channels: int, stride: int):
        super().__init__()
        self.conv = nn.Conv2d(in_channels, out_channels, 3, stride=stride, padding=1, bias=False)
        self.norm = nn.BatchNorm2d(out_channels)

    def forward(self, frames: Tensor, clips: Clips) -> Tensor:
        return self.norm(self.conv(frames))
