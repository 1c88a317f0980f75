"""Residual networks over the time-frequency plane.

K. He, X. Zhang, S. Ren, J. Sun, "Deep residual learning for image recognition", CVPR 2016 (basic blocks), in the form of
Z. Wang, K. Yao, X. Li, S. Fang, "Multi-resolution multi-head attention in deep speaker embedding", ICASSP 2020, table 1.
"""

from itertools import repeat

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from cortado.errors import ConfigError
from cortado.nn.encoders.planes import Stage, initialise, make_shortcut, plane_padding, zero, zero_
from cortado.nn.lengths import check_features, conv_length


class ResNet(nn.Module):
    """A 3x3 stem, stages of basic blocks, and optionally the paper's last convolution over frequency.

    The defaults are the paper's ResNet-34 for 40 mels (23,636,160 parameters). `strides` apply to time and frequency
    alike, in the first block of each stage; `stem_stride` is (time, frequency). `collapse_frequency` adds a 3x3
    convolution that steps by 3 in frequency without padding: 5 bins become 1. Bins that remain are stacked, so out_dim is
    channels x bins.

    Activations are kept channels-last, which is how bfloat16 convolutions are fast on CPU and GPU. Given lengths, frames
    beyond them are zeroed after every layer, as if each row had been padded by the convolution itself.

    >>> net = ResNet(feat_dim=80, channels=(16, 32, 64, 64), blocks=(1, 1, 1, 1), collapse_frequency=False)
    >>> frames, frame_lengths = net(torch.randn(2, 200, 80), torch.tensor([200, 121]))
    >>> frames.shape, frame_lengths.tolist()
    (torch.Size([2, 25, 640]), [25, 16])
    """

    def __init__(
        self,
        feat_dim: int,
        channels: tuple[int, ...] = (64, 128, 256, 512),
        blocks: tuple[int, ...] = (3, 4, 6, 3),
        strides: tuple[int, ...] = (1, 2, 2, 2),
        stem_stride: tuple[int, int] = (1, 1),
        collapse_frequency: bool = True,
    ):
        super().__init__()
        if not len(channels) == len(blocks) == len(strides):
            raise ConfigError(f"channels {channels}, blocks {blocks} and strides {strides} need one value per stage each")
        self.feat_dim = feat_dim
        self.stem_stride = stem_stride
        self.stem = _ConvNorm(1, channels[0], stem_stride)
        inputs = (channels[0], *channels[:-1])
        self.stages = nn.ModuleList(map(Stage, repeat(_Block), inputs, channels, blocks, strides))
        self.collapse = _ConvNorm(channels[-1], channels[-1], stride=(1, 3), padding=(1, 0)) if collapse_frequency else None
        self.out_dim = channels[-1] * self._num_bins(feat_dim)
        initialise(self)
        self.to(memory_format=torch.channels_last)

    def frame_lengths(self, lengths):
        """Frames that come out for `lengths` frames (int or int64 tensor)."""
        return self._after_stages(lengths, self.stem_stride[0])

    def forward(self, x: Tensor, lengths: Tensor | None = None) -> tuple[Tensor, Tensor | None]:
        """x: (batch, time, feat_dim) -> ((batch, frames, out_dim), frame lengths or None).

        Raises CortadoError for another feat_dim, or an empty row.
        """
        check_features(x, lengths, self.feat_dim)
        x = x.unsqueeze(1)  # (batch, channels, time, frequency)
        x = self.stem(zero(x, plane_padding(lengths, x.shape[2])))
        lengths = None if lengths is None else conv_length(lengths, kernel_size=3, stride=self.stem_stride[0], padding=1)
        x = zero_(F.relu(x, inplace=True), plane_padding(lengths, x.shape[2]))
        for stage in self.stages:
            lengths = None if lengths is None else stage.lengths(lengths)
            x = stage(x, lengths)
        if self.collapse is not None:
            x = zero_(F.relu(self.collapse(x), inplace=True), plane_padding(lengths, x.shape[2]))
        return x.permute(0, 2, 3, 1).flatten(2), lengths  # bins outermost: a view, not a copy, of channels-last memory

    def _after_stages(self, length, stem_stride: int):
        length = conv_length(length, kernel_size=3, stride=stem_stride, padding=1)
        for stage in self.stages:
            length = stage.lengths(length)
        return length

    def _num_bins(self, bins: int) -> int:
        bins = self._after_stages(bins, self.stem_stride[1])
        if self.collapse is None:
            return bins
        if bins < 3:
            raise ConfigError(f"collapse_frequency needs 3 bins: {self.feat_dim} and these strides leave {bins}")
        return conv_length(bins, kernel_size=3, stride=3)


class _ConvNorm(nn.Sequential):
    """3x3 convolution without bias, and batch normalisation."""

    def __init__(self, in_channels: int, out_channels: int, stride=1, padding=1):
        conv = nn.Conv2d(in_channels, out_channels, 3, stride=stride, padding=padding, bias=False)
        super().__init__(conv, nn.BatchNorm2d(out_channels))


class _Block(nn.Module):
    """ReLU(x + f(x)), f two 3x3 convolutions; x is projected by a 1x1 convolution where the shape changes."""

    def __init__(self, in_channels: int, out_channels: int, stride: int):
        super().__init__()
        self.conv1 = _ConvNorm(in_channels, out_channels, stride)
        self.conv2 = _ConvNorm(out_channels, out_channels)
        self.shortcut = make_shortcut(in_channels, out_channels, stride)

    def forward(self, x: Tensor, padding: Tensor | None) -> Tensor:
        """x: (batch, channels, time, bins); padding: (batch, 1, frames, 1) bool at the block's output rate, or None."""
        residual = zero_(F.relu(self.conv1(x), inplace=True), padding)
        return zero_(F.relu(self.conv2(residual) + self.shortcut(x), inplace=True), padding)
