"""Residual convolutions and a bidirectional LSTM over time: "Residual-BLSTM".

A. Arronte Alvarez, F. Gomez-Martin, "Singer identification using convolutional acoustic motif embeddings", arXiv 2008.00198.
"""

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence

from cortado.nn.encoders.planes import pad_bins
from cortado.nn.encoders.resnet import ResNet
from cortado.nn.lengths import check_features


class ResidualBLSTM(nn.Module):
    """A 3x3 convolution of stride 2, residual blocks, and a BLSTM of which the last state of either direction comes out: one frame.

    So any pooling of one frame will do, and average pooling is the frame itself. The paper gives no number of blocks nor their width;
    with these 3 of 64 channels, 128 bins, a layer of 1024 units and 5 singers there are 9.67 million parameters. Its authors' code lets
    the BLSTM run over channels, and its blocks have 1x1 convolutions; here it runs over time, and they are 3x3, as the paper describes.

    `stem_stride` is (time, frequency). Features of fewer than `min_bins` bins are padded with zeros to that.

    >>> encoder = ResidualBLSTM(feat_dim=64, channels=8, hidden_dim=16)
    >>> frames, frame_lengths = encoder(torch.randn(2, 60, 64), torch.tensor([60, 2]))
    >>> frames.shape, frame_lengths.tolist()
    (torch.Size([2, 1, 32]), [1, 1])
    """

    def __init__(
        self,
        feat_dim: int,
        channels: int = 64,
        num_blocks: int = 3,
        hidden_dim: int = 256,
        stem_stride: tuple[int, int] = (2, 2),
        min_bins: int = 0,
    ):
        super().__init__()
        self.feat_dim, self.min_bins, self.out_dim = feat_dim, min_bins, 2 * hidden_dim
        self.trunk = ResNet(max(feat_dim, min_bins), (channels,), (num_blocks,), (1,), stem_stride, collapse_frequency=False)
        self.blstm = nn.LSTM(self.trunk.out_dim, hidden_dim, batch_first=True, bidirectional=True)

    def frame_lengths(self, lengths):
        """Frames that come out for `lengths` frames (int or int64 tensor): 1."""
        return torch.ones_like(lengths) if isinstance(lengths, Tensor) else 1

    def forward(self, x: Tensor, lengths: Tensor | None = None) -> tuple[Tensor, Tensor | None]:
        """x: (batch, time, feat_dim) -> ((batch, 1, 2 hidden_dim), frame lengths or None).

        Raises CortadoError for another feat_dim, or an empty row.
        """
        check_features(x, lengths, self.feat_dim)
        frames, lengths = self.trunk(pad_bins(x, self.min_bins), lengths)
        if lengths is not None:  # the backward direction begins at a row's own last frame
            frames = pack_padded_sequence(frames, lengths.cpu(), batch_first=True, enforce_sorted=False)
        _, (last_states, _) = self.blstm(frames)
        return last_states.transpose(0, 1).flatten(1).unsqueeze(1), None if lengths is None else self.frame_lengths(lengths)
