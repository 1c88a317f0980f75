"""What the visual modules cost in the counting of their paper, and what the paper prints.

J. Zeng, J. Du, Z. Wang, "HMM-based lip reading with stingy residual 3D convolution", tables 2 and 4. The counting is recovered
from the table: multiply-accumulates per frame of RGB 80x80, of the front end and the trunk's 16 convolutions, each at the size of its
stage. Sizes halve downwards, 20, 10, 5, 2, where convolutions round up. Projections of residual blocks, batch normalisation and
pooling do not count.
"""

from typing import NamedTuple

from torch import nn

from cortado.nn.visual.all3d import All3D
from cortado.nn.visual.network import VisualNetwork
from cortado.nn.visual.p3d import P3DA
from cortado.nn.visual.resnet18 import ResNet18
from cortado.nn.visual.stingy import Sti3D, StiRes3D

IN_CHANNELS, SIZE = 3, 80


class Published(NamedTuple):
    """mebibytes: "memory"; macs: "FLOPs", multiply-accumulates per frame. Those of StiRes3D and Sti3D are for omega = 2."""

    network: type[VisualNetwork]
    mebibytes: float
    macs: float


PUBLISHED = (
    Published(ResNet18, 56.60, 2.7049e8),
    Published(All3D, 155.88, 6.6091e8),
    Published(P3DA, 88.07, 3.4205e8),
    Published(Sti3D, 39.69, 2.0117e8),
    Published(StiRes3D, 44.48, 2.2286e8),
)


def macs_in_paper(network: VisualNetwork) -> int:
    """Of a network for RGB; each weight of a convolution is used once a position.

    >>> import torch
    >>> with torch.device("meta"):
    ...     macs_in_paper(ResNet18(in_channels=3))
    270495744
    """
    size = SIZE // 2
    total = size**2 * _conv_weights(network.front_end)
    for stage in network.stages:
        size //= 2
        total += size**2 * sum(_conv_weights(conv) for block in stage for conv in (block.conv1, block.conv2))
    return total


def stored_mebibytes(network: nn.Module) -> float:
    """Parameters and running statistics in float32, all of them."""
    return sum(value.numel() for value in network.state_dict().values() if value.is_floating_point()) * 4 / 2**20


def _conv_weights(module: nn.Module) -> int:
    return sum(weight.numel() for weight in module.parameters() if weight.dim() > 1)
