"""What visual modules share: front end, stages of residual blocks, the mean over the plane."""

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from cortado.errors import ConfigError
from cortado.nn.encoders.planes import make_shortcut
from cortado.nn.visual.clips import Clips
from cortado.nn.visual.front_end import VisualFrontEnd
from cortado.nn.visual.temporal import initialise_conv

MakeConv = Callable[[int, int, int], nn.Module]  # in_channels, out_channels, stride -> forward(frames, clips), normalised


class VisualNetwork(nn.Module):
    """Front end, a stage for each of `blocks`, mean over the plane.

    Stage s is `width` x 2^s channels wide, and all but the first halve the plane. It is the network of He et al., CVPR 2016, behind
    a 5x7x7 front end: with two blocks a stage a ResNet-18, whose convolutions `make_conv` makes. Activations are
    frames in channels-last memory, in which convolutions and batch normalisation are fastest on a CPU.

    >>> from cortado.nn.visual.resnet18 import ResNet18
    >>> net = ResNet18(width=4, blocks=(1, 1))
    >>> net(torch.randn(2, 7, 44, 44), torch.tensor([7, 5])).shape, net.output_dim
    (torch.Size([2, 7, 8]), 8)
    """

    def __init__(self, make_conv: MakeConv, width: int, blocks: tuple[int, ...], in_channels: int):
        super().__init__()
        if min(width, in_channels, *blocks) < 1:
            raise ConfigError(f"width {width}, in_channels {in_channels} and blocks {blocks} must be at least 1")
        self.front_end = VisualFrontEnd(width, in_channels)
        self.stages = nn.ModuleList()
        channels = width
        for number, num_blocks in enumerate(blocks):
            out_channels, stride = width << number, 1 if number == 0 else 2
            first = ResidualBlock(make_conv, channels, out_channels, stride)
            others = (ResidualBlock(make_conv, out_channels, out_channels, 1) for _ in range(num_blocks - 1))
            self.stages.append(nn.ModuleList([first, *others]))
            channels = out_channels
        self.output_dim = channels
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                initialise_conv(module.weight, module.groups)
                module.to(memory_format=torch.channels_last)

    def forward(self, x: Tensor, lengths: Tensor | None = None) -> Tensor:
        """x: (batch, time, [in_channels,] height, width) float; lengths: (batch,) int64 or None -> (batch, time, output_dim),
        zeros beyond the lengths. Raises CortadoError for another number of channels, and for lengths that are not from 1 to time.
        """
        clips = Clips(lengths, x.shape[0], x.shape[1], x.device)
        frames = self.front_end(x, clips)
        for stage in self.stages:
            for block in stage:
                frames = block(frames, clips)
        return clips.unpack(frames.mean(dim=(2, 3)))


class ResidualBlock(nn.Module):
    """ReLU(x + f(x)), f two convolutions; x is projected by a 1x1 convolution where the shape changes."""

    def __init__(self, make_conv: MakeConv, in_channels: int, out_channels: int, stride: int):
        super().__init__()
        self.conv1 = make_conv(in_channels, out_channels, stride)
        self.conv2 = make_conv(out_channels, out_channels, 1)
        self.shortcut = make_shortcut(in_channels, out_channels, stride)

    def forward(self, frames: Tensor, clips: Clips) -> Tensor:
        residual = F.relu(self.conv1(frames, clips), inplace=True)
        return F.relu(self.conv2(residual, clips) + self.shortcut(frames), inplace=True)
