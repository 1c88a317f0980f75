"""The VGG front-end of double multi-head attention.

M. India, P. Safari, J. Hernando, "Double multi-head attention for speaker verification", ICASSP 2021, section 3.1.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from cortado.nn.encoders.planes import plane_padding, zero, zero_
from cortado.nn.lengths import check_features


class VGG(nn.Module):
    """Blocks of two 3x3 convolutions with bias and ReLU, and 2x2 max-pooling that rounds up; no batch normalisation.

    The defaults are the paper's VGG4L (18,731,904 parameters, a sixteenth of the frame rate); its VGG3L is `channels`
    (32, 64, 128), an eighth. Frequency bins that remain are stacked channel by channel, so that a head of a multi-head
    attention sees all bins of its channels: out_dim is channels[-1] times bins. Weights start as torch's, as the authors' do.

    >>> frames, frame_lengths = VGG(feat_dim=80, channels=(4, 8))(torch.randn(2, 30, 80), torch.tensor([30, 9]))
    >>> frames.shape, frame_lengths.tolist()
    (torch.Size([2, 8, 160]), [8, 3])
    """

    def __init__(self, feat_dim: int, channels: tuple[int, ...] = (128, 256, 512, 1024)):
        super().__init__()
        self.feat_dim = feat_dim
        self.blocks = nn.ModuleList(map(_Block, (1, *channels[:-1]), channels))
        self.out_dim = channels[-1] * self.frame_lengths(feat_dim)  # bins are halved as frames are
        self.to(memory_format=torch.channels_last)

    def frame_lengths(self, lengths):
        """Frames that come out for `lengths` frames (int or int64 tensor)."""
        for _ in self.blocks:
            lengths = _half(lengths)
        return lengths

    def forward(self, x: Tensor, lengths: Tensor | None = None) -> tuple[Tensor, Tensor | None]:
        """x: (batch, time, feat_dim) -> ((batch, frames, out_dim), frame lengths or None).

        Raises CortadoError for another feat_dim, or an empty row.
        """
        check_features(x, lengths, self.feat_dim)
        x = zero(x.unsqueeze(1), plane_padding(lengths, x.shape[1]))
        for block in self.blocks:
            x = block(x, plane_padding(lengths, x.shape[2]))
            lengths = None if lengths is None else _half(lengths)
        return x.transpose(1, 2).flatten(2), lengths


class _Block(nn.Module):
    def __init__(self, in_channels: int, out_channels: int):
        super().__init__()
        self.conv1 = nn.Conv2d(in_channels, out_channels, 3, padding=1)
        self.conv2 = nn.Conv2d(out_channels, out_channels, 3, padding=1)

    def forward(self, x: Tensor, padding: Tensor | None) -> Tensor:
        """x: (batch, channels, time, bins); padding: (batch, 1, time, 1) bool or None. Returns half of time and bins."""
        x = zero_(F.relu(self.conv1(x), inplace=True), padding)
        x = zero_(F.relu(self.conv2(x), inplace=True), padding)
        return F.max_pool2d(x, 2, ceil_mode=True)  # nothing is negative here: zeros never win over valid frames


def _half(length):
    return (length + 1) // 2
