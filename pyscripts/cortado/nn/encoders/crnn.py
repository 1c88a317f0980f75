"""Convolutions and a gated recurrent network, as singers are told apart by their motifs.

A. Arronte Alvarez, F. Gomez-Martin, "Singer identification using convolutional acoustic motif embeddings", arXiv 2008.00198; the layers are those of
the authors' code, after K. Choi, G. Fazekas, M. Sandler, K. Cho, "Convolutional recurrent neural networks for music classification",
ICASSP 2017.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from cortado.errors import ConfigError
from cortado.nn.encoders.planes import initialise, pad_bins, plane_padding, zero, zero_
from cortado.nn.lengths import check_features, conv_length


class CRNN(nn.Module):
    """Blocks of 3x3 convolution, batch normalisation, ELU, 3x3 max-pooling and dropout, and layers of GRU; all of its states come out.

    Convolution and pooling of the first block have stride 2, so frames are a quarter of the input's, rounded up. Frequency is not
    padded, as in the authors' code, where 128 bins become 19: the GRU then takes 2432 values a frame, and the defaults have 2,905,216
    parameters. Time is padded, which theirs is not: a clip of one frame will do, where they need 55.

    Features of fewer than `min_bins` bins are padded with zeros to that: 40 cepstra to the paper's 128 rows, say. The authors' classifier
    reads all states at once, which binds it to one length; the mean of the states (average pooling) takes any.

    >>> frames, frame_lengths = CRNN(feat_dim=64, channels=(8, 8, 8, 8), hidden_dim=16)(torch.randn(2, 30, 64), torch.tensor([30, 9]))
    >>> frames.shape, frame_lengths.tolist()
    (torch.Size([2, 8, 16]), [8, 3])
    """

    def __init__(
        self,
        feat_dim: int,
        channels: tuple[int, ...] = (128, 128, 128, 128),
        hidden_dim: int = 256,
        num_layers: int = 2,
        dropout: float = 0.1,
        min_bins: int = 0,
    ):
        super().__init__()
        self.feat_dim, self.min_bins, self.out_dim = feat_dim, min_bins, hidden_dim
        strides = [2] + [1] * (len(channels) - 1)
        self.blocks = nn.ModuleList(map(_Block, (1, *channels[:-1]), channels, strides, [dropout] * len(channels)))
        bins = max(feat_dim, min_bins)
        for block in self.blocks:
            bins = block.size(bins, padding=0)
        if bins < 1:
            raise ConfigError(
                f"{len(channels)} blocks leave nothing of {max(feat_dim, min_bins)} bins; raise min_bins, which adds empty ones"
            )
        self.gru = nn.GRU(channels[-1] * bins, hidden_dim, num_layers, batch_first=True)
        initialise(self)
        self.to(memory_format=torch.channels_last)

    def frame_lengths(self, lengths):
        """Frames that come out for `lengths` frames (int or int64 tensor)."""
        for block in self.blocks:
            lengths = block.size(lengths, padding=1)
        return lengths

    def forward(self, x: Tensor, lengths: Tensor | None = None) -> tuple[Tensor, Tensor | None]:
        """x: (batch, time, feat_dim) -> ((batch, frames, hidden_dim), frame lengths or None).

        Raises CortadoError for another feat_dim, or an empty row.
        """
        check_features(x, lengths, self.feat_dim)
        x = zero(pad_bins(x, self.min_bins).unsqueeze(1), plane_padding(lengths, x.shape[1]))
        for block in self.blocks:
            x, lengths = block(x, lengths)
        states, _ = self.gru(x.transpose(1, 2).flatten(2))  # looks back only: what stands in the padding reaches no valid frame
        return states, lengths


class _Block(nn.Module):
    def __init__(self, in_channels: int, out_channels: int, stride: int, dropout: float):
        super().__init__()
        self.stride = stride
        self.conv = nn.Conv2d(in_channels, out_channels, 3, stride, padding=(1, 0), bias=False)
        self.norm = nn.BatchNorm2d(out_channels)
        self.pool = nn.MaxPool2d(3, stride, padding=(1, 0))
        self.dropout = nn.Dropout(dropout)

    def size(self, size, padding: int):
        """Frames or bins that come out of `size` (int or int64 tensor), `padding` on either side."""
        return self._halved(self._halved(size, padding), padding)

    def forward(self, x: Tensor, lengths: Tensor | None) -> tuple[Tensor, Tensor | None]:
        """x: (batch, channels, time, bins), 0 on the padding, as is what comes out."""
        x = F.elu(self.norm(self.conv(x)))
        if lengths is not None:
            lengths = self._halved(lengths, padding=1)
            x = x.masked_fill(plane_padding(lengths, x.shape[2]), -1.0)  # ELU's lower bound: the padding never wins over a valid frame
            lengths = self._halved(lengths, padding=1)
        x = self.pool(x)
        return self.dropout(zero_(x, plane_padding(lengths, x.shape[2]))), lengths

    def _halved(self, size, padding: int):
        """Behind the convolution, or behind the pooling: they have one kernel and one stride."""
        return conv_length(size, kernel_size=3, stride=self.stride, padding=padding)
