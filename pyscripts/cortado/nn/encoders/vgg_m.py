"""VGG-M for speakers: A. Nagrani, J. S. Chung, A. Zisserman, "VoxCeleb: a large-scale speaker identification dataset",
Interspeech 2017, table 5 (conv1 to fc6)."""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from cortado.errors import ConfigError
from cortado.nn.encoders.planes import initialise, plane_padding, zero, zero_
from cortado.nn.lengths import check_features, conv_length


class VGGM(nn.Module):
    """Five convolutions over the spectrogram and `fc6`, which spans all frequency bins that remain, each normalised, with ReLU.

    The paper's input is a magnitude spectrogram of 512 bins. Any from 97 on will do (128 mels, say): fc6 is as high as the
    bins that are left. Behind it the paper has average pooling over time and fc7, the network's pooling and head.
    65 frames are the fewest, and make one; 300 make 8.

    >>> frames, frame_lengths = VGGM(feat_dim=128)(torch.randn(2, 300, 128), torch.tensor([300, 65]))
    >>> frames.shape, frame_lengths.tolist()
    (torch.Size([2, 8, 4096]), [8, 1])
    """

    out_dim = 4096
    min_frames = 65
    min_bins = 97

    def __init__(self, feat_dim: int):
        super().__init__()
        if feat_dim < self.min_bins:
            raise ConfigError(f"VGG-M needs at least {self.min_bins} frequency bins; there are {feat_dim}")
        self.feat_dim = feat_dim
        self.convolutions = nn.ModuleList(
            [
                _Convolution(1, 96, kernel_size=7, stride=2, pool=((3, 3), (2, 2))),
                _Convolution(96, 256, kernel_size=5, stride=2, pool=((3, 3), (2, 2))),
                _Convolution(256, 384),
                _Convolution(384, 256),
                _Convolution(256, 256, pool=((3, 5), (2, 3))),
            ]
        )
        self.fc6 = nn.Sequential(
            nn.Conv2d(256, self.out_dim, (1, self._through(feat_dim, axis=1)), bias=False),
            nn.BatchNorm2d(self.out_dim),
            nn.ReLU(inplace=True),
        )
        initialise(self)
        self.to(memory_format=torch.channels_last)

    def frame_lengths(self, lengths):
        """Frames that come out for `lengths` frames (int or int64 tensor)."""
        return self._through(lengths, axis=0)

    def forward(self, x: Tensor, lengths: Tensor | None = None) -> tuple[Tensor, Tensor | None]:
        """x: (batch, time, feat_dim) -> ((batch, frames, 4096), frame lengths or None).

        Raises CortadoError for another feat_dim, or a row of fewer than 65 frames.
        """
        check_features(x, lengths, self.feat_dim, self.min_frames)
        x = zero(x.unsqueeze(1), plane_padding(lengths, x.shape[1]))
        for convolution in self.convolutions:
            x, lengths = convolution(x, lengths)
        return self.fc6(x).squeeze(3).transpose(1, 2), lengths

    def _through(self, size, axis: int):
        for convolution in self.convolutions:
            size = convolution.size(size, axis)
        return size


class _Convolution(nn.Module):
    """Convolution, batch normalisation, ReLU, and max-pooling with `pool` (its kernel and stride, each (time, frequency))."""

    def __init__(self, in_channels: int, out_channels: int, kernel_size: int = 3, stride: int = 1, pool=((1, 1), (1, 1))):
        super().__init__()
        self.conv = nn.Conv2d(in_channels, out_channels, kernel_size, stride, padding=1, bias=False)
        self.norm = nn.BatchNorm2d(out_channels)
        self.pool_kernel, self.pool_stride = pool

    def before_pooling(self, size):
        """Frames or bins that the convolution makes of `size` (int or int64 tensor)."""
        return conv_length(size, self.conv.kernel_size[0], self.conv.stride[0], padding=1)

    def size(self, size, axis: int):
        """Frames (axis 0) or bins (axis 1) that come out."""
        return conv_length(self.before_pooling(size), self.pool_kernel[axis], self.pool_stride[axis])

    def forward(self, x: Tensor, lengths: Tensor | None) -> tuple[Tensor, Tensor | None]:
        """x: (batch, channels, time, bins), 0 on the padding, as is what comes out."""
        x = F.max_pool2d(F.relu(self.norm(self.conv(x)), inplace=True), self.pool_kernel, self.pool_stride)
        lengths = None if lengths is None else self.size(lengths, axis=0)
        return zero_(x, plane_padding(lengths, x.shape[2])), lengths
