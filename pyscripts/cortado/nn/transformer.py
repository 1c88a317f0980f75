"""The Transformer encoder: each frame sees all others of its utterance."""

import math
from typing import Literal

import torch
from torch import Tensor, nn

from cortado.nn.lengths import is_padding, zero_padding


class TransformerEncoder(nn.Module):
    """Frames to as many frames of the same width: positions, then `num_layers` layers of self-attention and feed-forward network.

    A. Vaswani et al., "Attention is all you need", NeurIPS 2017, section 3; the defaults are those of T. Afouras et al., "Deep
    audio-visual speech recognition", TPAMI 2018. `norm_first` normalises before each sublayer and once at the end instead of after
    each; that trains without a careful warm-up. `positions`: see `sinusoids`, or the ConvolutionalPositions.

    >>> encoder = TransformerEncoder(dim=16, num_layers=2, num_heads=4, feedforward_dim=32)
    >>> encoder(torch.randn(2, 9, 16), torch.tensor([9, 4])).shape
    torch.Size([2, 9, 16])
    """

    def __init__(
        self,
        dim: int = 512,
        num_layers: int = 6,
        num_heads: int = 8,
        feedforward_dim: int = 2048,
        dropout: float = 0.1,
        norm_first: bool = False,
        positions: Literal["sinusoidal", "convolutional"] = "sinusoidal",
    ):
        super().__init__()
        if dim % (2 * num_heads):
            raise ValueError(f"dim {dim} is not a multiple of 2 x num_heads, {2 * num_heads}")
        if positions not in ("sinusoidal", "convolutional"):
            raise ValueError(f"positions are sinusoidal or convolutional, not {positions}")
        self.dim = dim
        self.positions = SinusoidalPositions() if positions == "sinusoidal" else ConvolutionalPositions(dim)
        self.dropout = nn.Dropout(dropout)
        self.layers = nn.ModuleList(
            nn.TransformerEncoderLayer(dim, num_heads, feedforward_dim, dropout, batch_first=True, norm_first=norm_first)
            for _ in range(num_layers)
        )
        self.norm = nn.LayerNorm(dim) if norm_first else nn.Identity()

    def forward(self, x: Tensor, lengths: Tensor | None = None) -> Tensor:
        """x: (batch, time, dim); lengths: (batch,) int64, at least 1, or None -> (batch, time, dim), anything beyond the lengths."""
        x = self.dropout(self.positions(zero_padding(x, lengths)))
        padding = None if lengths is None else is_padding(lengths, x.shape[1])
        for layer in self.layers:
            x = layer(x, src_key_padding_mask=padding)
        return self.norm(x)


class SinusoidalPositions(nn.Module):
    """Adds `sinusoids`, which need no training and reach to any length."""

    def forward(self, x: Tensor) -> Tensor:
        """x: (batch, time, dim) -> the same shape."""
        return x + sinusoids(x.shape[1], x.shape[2], x.device)


class ConvolutionalPositions(nn.Module):
    """Adds a depthwise convolution over neighbouring frames, by which attention tells near from far.

    A. Mohamed, D. Okhonko, L. Zettlemoyer, "Transformers with convolutional context for ASR", 2019, section 2.
    """

    def __init__(self, dim: int, num_taps: int = 9):
        super().__init__()
        self.conv = nn.Conv1d(dim, dim, num_taps, padding=num_taps // 2, groups=dim)

    def forward(self, x: Tensor) -> Tensor:
        """x: (batch, time, dim), zeros in padded frames -> the same shape."""
        return x + self.conv(x.transpose(1, 2)).transpose(1, 2)


def sinusoids(num_frames: int, dim: int, device: torch.device | None = None) -> Tensor:
    """(num_frames, dim) float32: sines of each position in even columns, cosines in odd ones (Vaswani et al., section 3.5).

    Wavelengths grow from 2 pi to 10000 x 2 pi frames in a geometric progression.

    >>> sinusoids(3, 4)[0].tolist()
    [0.0, 1.0, 0.0, 1.0]
    """
    frequencies = torch.exp(torch.arange(0, dim, 2, device=device) * (-math.log(10000.0) / dim))
    angles = torch.arange(num_frames, device=device).unsqueeze(1) * frequencies
    return torch.stack([angles.sin(), angles.cos()], dim=-1).flatten(1)
