"""The Fast and Thin SE-ResNet-34 of cross attentive pooling.

S. M. Kye, Y. Kwon, J. S. Chung, "Cross attentive pooling for speaker verification", SLT 2021; J. S. Chung et al., "In
defence of metric learning for speaker recognition", Interspeech 2020; squeeze and excitation: J. Hu et al., CVPR 2018.
"""

from itertools import repeat

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from cortado.errors import ConfigError
from cortado.nn.encoders.planes import Stage, initialise, make_shortcut, plane_padding, zero, zero_
from cortado.nn.lengths import at_least_float32, check_features


class SEResNet(nn.Module):
    """A 7x7 stem that halves frequency, optionally a max-pooling that halves it again, residual stages, the mean over frequency.

    The defaults are Fast ResNet-34, a quarter of the frame rate; Thin ResNet-34, an eighth of it, is `strides` (1, 2, 2, 2)
    with `max_pool`. Both have 1,354,390 parameters. Which is cheaper depends on the features: for 64 mels Thin costs a
    third of Fast, with 257 bins more than Fast with 40.

    The papers normalise each mel over the utterance first. That is the network's `normalise`, not done here.

    >>> frames, frame_lengths = SEResNet(feat_dim=64)(torch.randn(2, 202, 64), torch.tensor([202, 121]))
    >>> frames.shape, frame_lengths.tolist()
    (torch.Size([2, 51, 128]), [51, 31])
    """

    def __init__(
        self,
        feat_dim: int,
        channels: tuple[int, ...] = (16, 32, 64, 128),
        blocks: tuple[int, ...] = (3, 4, 6, 3),
        strides: tuple[int, ...] = (1, 2, 2, 1),
        max_pool: bool = False,
    ):
        super().__init__()
        if not len(channels) == len(blocks) == len(strides):
            raise ConfigError(f"channels {channels}, blocks {blocks} and strides {strides} need one value per stage each")
        self.feat_dim, self.out_dim = feat_dim, channels[-1]
        self.stem = nn.Sequential(
            nn.Conv2d(1, channels[0], 7, stride=(1, 2), padding=3, bias=False), nn.BatchNorm2d(channels[0]), nn.ReLU(inplace=True)
        )
        self.pool = nn.MaxPool2d(3, stride=(1, 2), padding=1) if max_pool else nn.Identity()
        self.stages = nn.ModuleList(map(Stage, repeat(_Block), (channels[0], *channels[:-1]), channels, blocks, strides))
        initialise(self)
        self.to(memory_format=torch.channels_last)

    def frame_lengths(self, lengths):
        """Frames that come out for `lengths` frames (int or int64 tensor)."""
        for stage in self.stages:
            lengths = stage.lengths(lengths)
        return lengths

    def forward(self, x: Tensor, lengths: Tensor | None = None) -> tuple[Tensor, Tensor | None]:
        """x: (batch, time, feat_dim) -> ((batch, frames, out_dim), frame lengths or None).

        Raises CortadoError for another feat_dim, or an empty row.
        """
        check_features(x, lengths, self.feat_dim)
        padding = plane_padding(lengths, x.shape[1])
        x = zero_(self.stem(zero(x.unsqueeze(1), padding)), padding)
        x = zero_(self.pool(x), padding)  # nothing is negative here: zeros never win over valid frames
        for stage in self.stages:
            lengths = None if lengths is None else stage.lengths(lengths)
            x = stage(x, lengths)
        return x.mean(dim=3).transpose(1, 2), lengths


class _Block(nn.Module):
    """ReLU(x + SE(f(x))), f two 3x3 convolutions; the first's ReLU stands before its batch normalisation, as the authors have it."""

    def __init__(self, in_channels: int, out_channels: int, stride: int):
        super().__init__()
        self.conv1 = nn.Conv2d(in_channels, out_channels, 3, stride=stride, padding=1, bias=False)
        self.norm1 = nn.BatchNorm2d(out_channels)
        self.conv2 = nn.Conv2d(out_channels, out_channels, 3, padding=1, bias=False)
        self.norm2 = nn.BatchNorm2d(out_channels)
        self.excitation = _SqueezeExcitation(out_channels)
        self.shortcut = make_shortcut(in_channels, out_channels, stride)

    def forward(self, x: Tensor, padding: Tensor | None) -> Tensor:
        """x: (batch, channels, time, bins); padding: (batch, 1, frames, 1) bool at the block's output rate, or None."""
        y = zero_(self.norm1(F.relu(self.conv1(x), inplace=True)), padding)
        y = self.excitation(zero_(self.norm2(self.conv2(y)), padding), padding)
        return zero_(F.relu(y + self.shortcut(x), inplace=True), padding)


class _SqueezeExcitation(nn.Module):
    """Each channel times a weight in (0, 1), which two layers make of the channels' means over the valid plane."""

    def __init__(self, channels: int, reduction: int = 8):
        super().__init__()
        self.squeeze = nn.Linear(channels, channels // reduction)
        self.excite = nn.Linear(channels // reduction, channels)

    def forward(self, x: Tensor, padding: Tensor | None) -> Tensor:
        """x: (batch, channels, time, bins), 0 on the padding."""
        if padding is None:
            means = at_least_float32(x).mean(dim=(2, 3))
        else:
            means = at_least_float32(x).sum(dim=(2, 3)) / ((~padding).sum(dim=(2, 3)) * x.shape[3])
        weights = torch.sigmoid(self.excite(F.relu(self.squeeze(means))))
        return x * weights[:, :, None, None]
