"""Sti3D and StiRes3D: the stingy convolutions that `stingy_reference` defines, with its parameters, on rows of frames.

J. Zeng, J. Du, Z. Wang, "HMM-based lip reading with stingy residual 3D convolution", equation 6.
"""

from functools import partial

from torch import Tensor, nn
from torch.nn import functional as F

from cortado.errors import ConfigError
from cortado.nn.encoders.planes import Projection
from cortado.nn.visual.clips import Clips
from cortado.nn.visual.network import VisualNetwork
from cortado.nn.visual.temporal import TemporalConv


class Sti3D(VisualNetwork):
    """ResNet-18 of stingy convolutions without their own shortcut. At width 64 and omega 2 it has 2,708,352 parameters.

    >>> Sti3D(width=8, blocks=(1, 1)).output_dim
    16
    """

    def __init__(self, width: int = 64, blocks: tuple[int, ...] = (2, 2, 2, 2), in_channels: int = 1, omega: float = 2.0):
        super().__init__(partial(StingyConv, omega=omega, has_shortcut=False), width, blocks, in_channels)


class StiRes3D(VisualNetwork):
    """ResNet-18 of stingy residual convolutions. At width 64 and omega 2 it has 3,936,640 parameters.

    >>> StiRes3D(width=8, blocks=(1, 1), omega=0.5).output_dim
    16
    """

    def __init__(self, width: int = 64, blocks: tuple[int, ...] = (2, 2, 2, 2), in_channels: int = 1, omega: float = 2.0):
        super().__init__(partial(StingyConv, omega=omega, has_shortcut=True), width, blocks, in_channels)


class StingyConv(nn.Module):
    """A light path on half of the channels, a heavy one on the other half, a shortcut from all; their sum."""

    def __init__(self, in_channels: int, out_channels: int, stride: int, omega: float, has_shortcut: bool):
        super().__init__()
        half, expanded = in_channels // 2, expanded_channels(in_channels, omega)
        self.light = Projection(half, out_channels, stride)
        self.expand = Projection(half, expanded, 1)
        self.depthwise = TemporalConv(expanded, expanded, kernel_size=3, stride=stride, groups=expanded)
        self.depthwise_norm = nn.BatchNorm2d(expanded)
        self.project = Projection(expanded, out_channels, 1)
        self.shortcut = Projection(in_channels, out_channels, stride) if has_shortcut else None

    def forward(self, frames: Tensor, clips: Clips) -> Tensor:
        """(frames, in_channels, height, width) -> (frames, out_channels, height / stride, width / stride), rounded up."""
        light, heavy = shuffled_halves(frames)
        heavy = F.relu(self.expand(heavy), inplace=True)
        heavy = F.relu(self.depthwise_norm(self.depthwise(heavy, clips)), inplace=True)
        total = self.project(heavy).add_(self.light(light))  # batch normalisation does not need its result again: it is written over
        return total if self.shortcut is None else total.add_(self.shortcut(frames))


def shuffled_halves(frames: Tensor) -> tuple[Tensor, Tensor]:
    """What the light and the heavy path see, each half of the channels of (frames, channels, height, width), channels-last.

    Channels a0 a1 ... b0 b1 ..., shuffled in two groups, are a0 b0 a1 b1 ..., so each half of them is a half of the a and a half
    of the b. Here these stay a0 a1 ... b0 b1 ...: long runs are quicker to copy, and the order of a weight's columns is free.
    """
    groups = frames.permute(0, 2, 3, 1).unflatten(3, (2, 2, -1))  # (frames, height, width, group, half, channel)
    light, heavy = (half.flatten(3).permute(0, 3, 1, 2) for half in groups.unbind(4))
    return light, heavy


def expanded_channels(in_channels: int, omega: float) -> int:
    """Channels of the heavy path, omega x in_channels / 2. Raises ConfigError unless it is whole and in_channels a multiple of 4."""
    expanded = omega * in_channels / 2
    if in_channels % 4:
        raise ConfigError(f"{in_channels} channels: stingy convolutions halve two groups of them, so their number must be a multiple of 4")
    if expanded < 1 or expanded != int(expanded):
        raise ConfigError(f"omega {omega} makes {expanded:g} heavy channels of {in_channels}: choose one that gives a whole number")
    return int(expanded)
