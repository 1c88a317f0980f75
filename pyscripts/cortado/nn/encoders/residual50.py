"""ResNet-50 over the time-frequency plane.

K. He, X. Zhang, S. Ren, J. Sun, "Deep residual learning for image recognition", CVPR 2016, table 1, with the first layer of
A. Arronte Alvarez, F. Gomez-Martin, "Singer identification using convolutional acoustic motif embeddings", arXiv 2008.00198 ("Residual50").
"""

from itertools import repeat

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from cortado.nn.encoders.planes import Projection, Stage, initialise, make_shortcut, pad_bins, plane_padding, zero, zero_
from cortado.nn.lengths import check_features, conv_length


class Residual50(nn.Module):
    """A 3x3 convolution without stride, 3x3 max-pooling by 2, and four stages of bottlenecks; frames are means over the bins that remain.

    The defaults are ResNet-50 (23,499,200 parameters without the layers behind it): frames are a sixteenth of the input's, rounded up, of
    2048 dimensions. `width` is that of the first stage's bottlenecks; it doubles with each stage. The stride is in a bottleneck's first
    1x1 convolution, as in He et al. Weights start at random, where the code of the singers' authors begins with a network trained on images.

    Features of fewer than `min_bins` bins are padded with zeros to that.

    >>> frames, frame_lengths = Residual50(feat_dim=64, width=8)(torch.randn(2, 60, 64), torch.tensor([60, 2]))
    >>> frames.shape, frame_lengths.tolist()
    (torch.Size([2, 4, 256]), [4, 1])
    """

    def __init__(self, feat_dim: int, width: int = 64, blocks: tuple[int, int, int, int] = (3, 4, 6, 3), min_bins: int = 0):
        super().__init__()
        self.feat_dim, self.min_bins, self.out_dim = feat_dim, min_bins, 32 * width
        self.stem = nn.Sequential(nn.Conv2d(1, width, 3, padding=1, bias=False), nn.BatchNorm2d(width), nn.ReLU(inplace=True))
        self.pool = nn.MaxPool2d(3, stride=2, padding=1)
        channels = (4 * width, 8 * width, 16 * width, 32 * width)
        self.stages = nn.ModuleList(map(Stage, repeat(_Bottleneck), (width, *channels[:-1]), channels, blocks, (1, 2, 2, 2)))
        initialise(self)
        self.to(memory_format=torch.channels_last)

    def frame_lengths(self, lengths):
        """Frames that come out for `lengths` frames (int or int64 tensor)."""
        lengths = self._pooled(lengths)
        for stage in self.stages:
            lengths = stage.lengths(lengths)
        return lengths

    def forward(self, x: Tensor, lengths: Tensor | None = None) -> tuple[Tensor, Tensor | None]:
        """x: (batch, time, feat_dim) -> ((batch, frames, 32 width), frame lengths or None).

        Raises CortadoError for another feat_dim, or an empty row.
        """
        check_features(x, lengths, self.feat_dim)
        padding = plane_padding(lengths, x.shape[1])
        x = zero_(self.stem(zero(pad_bins(x, self.min_bins).unsqueeze(1), padding)), padding)
        lengths = None if lengths is None else self._pooled(lengths)
        x = self.pool(x)  # nothing is negative here: zeros never win over valid frames
        for stage in self.stages:
            lengths = None if lengths is None else stage.lengths(lengths)
            x = stage(x, lengths)
        return x.mean(dim=3).transpose(1, 2), lengths

    def _pooled(self, lengths):
        return conv_length(lengths, kernel_size=3, stride=2, padding=1)


class _Bottleneck(nn.Module):
    """ReLU(x + f(x)), f a 1x1 convolution to a quarter of the channels, a 3x3 and a 1x1 convolution."""

    def __init__(self, in_channels: int, out_channels: int, stride: int):
        super().__init__()
        width = out_channels // 4
        self.reduce = Projection(in_channels, width, stride)
        self.conv = nn.Sequential(nn.Conv2d(width, width, 3, padding=1, bias=False), nn.BatchNorm2d(width))
        self.expand = Projection(width, out_channels, stride=1)
        self.shortcut = make_shortcut(in_channels, out_channels, stride)

    def forward(self, x: Tensor, padding: Tensor | None) -> Tensor:
        """x: (batch, channels, time, bins); padding: (batch, 1, frames, 1) bool at the block's output rate, or None."""
        y = zero_(F.relu(self.reduce(x), inplace=True), padding)
        y = self.expand(F.relu(self.conv(y), inplace=True))
        return zero_(F.relu(y + self.shortcut(x), inplace=True), padding)
