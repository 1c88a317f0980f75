"""The stingy convolution as its paper defines it, on native 3D convolutions: what `stingy` computes, to be read and tested against.

J. Zeng, J. Du, Z. Wang, "HMM-based lip reading with stingy residual 3D convolution". For C_in -> C_out channels on T x D x D positions, a
3x3x3 kernel and expansion omega, equation 6 counts

    T D^2 C_in (3/2 C_out + omega/2 C_out + omega/4 C_in + omega/2 27)   multiply-accumulates.

With the shortcut, of which Sti3D's convolution is without, the terms can only be these, each a multiple of T D^2:

    light      1x1x1                     C_in / 2 -> C_out            C_in C_out / 2
    expand     1x1x1                     C_in / 2 -> omega C_in / 2   omega C_in^2 / 4
    depthwise  3x3x3, channel by channel                              27 omega C_in / 2
    project    1x1x1                     omega C_in / 2 -> C_out      omega C_in C_out / 2
    shortcut   1x1x1                     C_in -> C_out                C_in C_out

The paths are summed: a concatenation would halve the terms in C_out, and an identity as shortcut would be free. Where batch normalisation,
ReLU and the stride stand is not in the paper. Here normalisation follows each convolution, ReLU those inside the heavy path.
"""

import copy

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from cortado.errors import CortadoError
from cortado.nn.visual.clips import Clips
from cortado.nn.visual.network import VisualNetwork
from cortado.nn.visual.stingy import StingyConv, expanded_channels


class StingyConv3d(nn.Module):
    """The definition, on (batch, channels, time, height, width).

    >>> conv = StingyConv3d(8, 12, stride=2, omega=2.0, has_shortcut=True)
    >>> conv(torch.randn(1, 8, 5, 6, 6)).shape
    torch.Size([1, 12, 5, 3, 3])
    """

    def __init__(self, in_channels: int, out_channels: int, stride: int, omega: float, has_shortcut: bool):
        super().__init__()
        half, expanded = in_channels // 2, expanded_channels(in_channels, omega)
        self.light = Pointwise(half, out_channels, stride)
        self.expand = Pointwise(half, expanded, 1)
        self.depthwise = nn.Conv3d(expanded, expanded, 3, stride=(1, stride, stride), padding=1, groups=expanded, bias=False)
        self.depthwise_norm = nn.BatchNorm3d(expanded)
        self.project = Pointwise(expanded, out_channels, 1)
        self.shortcut = Pointwise(in_channels, out_channels, stride) if has_shortcut else None

    def forward(self, x: Tensor) -> Tensor:
        light, heavy = shuffle(x).chunk(2, dim=1)
        heavy = F.relu(self.expand(heavy))
        heavy = F.relu(self.depthwise_norm(self.depthwise(heavy)))
        total = self.light(light) + self.project(heavy)
        return total if self.shortcut is None else total + self.shortcut(x)

    @classmethod
    def of(cls, conv: StingyConv) -> "StingyConv3d":
        """The definition with the values of `conv`, whose light and heavy inputs are in another order."""
        project, shortcut = conv.project[0], conv.shortcut
        in_channels, expanded = 2 * conv.light[0].in_channels, project.in_channels
        made = cls(in_channels, project.out_channels, conv.light.stride, 2 * expanded / in_channels, shortcut is not None)
        values = {name: value.reshape(made.state_dict()[name].shape) for name, value in conv.state_dict().items()}
        for name in ("light.0.weight", "expand.0.weight"):
            values[name] = shuffle(values[name])
        made.to(conv.depthwise.weight).load_state_dict(values)
        return made.train(conv.training)


class Pointwise(nn.Sequential):
    """1x1x1 convolution with a stride in the plane, without bias, and batch normalisation.

    The stride is taken before the convolution, for the reason that `encoders.planes.Projection` has.
    """

    def __init__(self, in_channels: int, out_channels: int, stride: int):
        super().__init__(nn.Conv3d(in_channels, out_channels, 1, bias=False), nn.BatchNorm3d(out_channels))
        self.stride = stride

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x[:, :, :, :: self.stride, :: self.stride])


def shuffle(x: Tensor) -> Tensor:
    """Channels (dimension 1) of two groups in turns.

    >>> shuffle(torch.arange(6).view(1, 6)).tolist()
    [[0, 3, 1, 4, 2, 5]]
    """
    return x.unflatten(1, (2, -1)).transpose(1, 2).flatten(1, 2)


class OnClips(nn.Module):
    """A stingy convolution by its definition, in a network whose frames lie in a row. Raises CortadoError for padded clips."""

    def __init__(self, conv: StingyConv3d):
        super().__init__()
        self.conv = conv

    def forward(self, frames: Tensor, clips: Clips) -> Tensor:
        if clips.index is not None:
            raise CortadoError("the definition of the stingy convolution knows no padding: give it clips of one length")
        volume = clips.unpack(frames).transpose(1, 2)
        return clips.pack(self.conv(volume).transpose(1, 2)).contiguous(memory_format=torch.channels_last)


def by_definition(network: VisualNetwork) -> VisualNetwork:
    """A copy of the network with each stingy convolution replaced by its definition; it takes clips of one length.

    >>> from cortado.nn.visual.stingy import StiRes3D
    >>> network, clips = StiRes3D(width=4, blocks=(1,)), torch.randn(2, 5, 16, 16)
    >>> torch.allclose(network(clips), by_definition(network)(clips), atol=1e-5)
    True
    """
    network = copy.deepcopy(network)
    for parent in list(network.modules()):
        for name, child in parent.named_children():
            if isinstance(child, StingyConv):
                setattr(parent, name, OnClips(StingyConv3d.of(child)))
    return network
