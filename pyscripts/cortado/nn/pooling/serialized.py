"""Serialized multi-layer multi-head attention: H. Zhu, K. A. Lee, H. Li, "Serialized multi-layer multi-head attention for
neural speaker embedding", Interspeech 2021, and the authors' code."""

import math

import torch
from torch import Tensor, nn

from cortado.nn.lengths import at_least_float32, masked_mean_and_variance, masked_softmax, zero_padding
from cortado.nn.pooling.attentive import weighted_mean_and_deviation
from cortado.nn.pooling.precision import LayerNorm, Linear


class SerializedPooling(nn.Module):
    """A stack of attentive layers: each adds its statistics to the output and its mean to the frames that the next one sees.

    A layer has one head; "multi-head" is the sum over the layers. The ReLU and batch normalisation behind the sum belong to
    the network's head: the stored embedding is this very sum. 559,104 parameters a layer at dim 256.

    Pre-norm, x + f(norm(x)), as in the authors' code; accounts of the paper also give x + norm(f(x)). Nothing reads the frames
    behind the last layer: what would make them is kept, so that the sizes are the published ones, but unused and frozen.

    Under autocast the affine layers run in its type; frames, softmax and statistics stay in float32.

    >>> SerializedPooling(16, num_layers=2)(torch.randn(4, 20, 16), torch.tensor([20, 5, 7, 1])).shape
    torch.Size([4, 16])
    """

    def __init__(self, dim: int, num_layers: int = 6, attention_dim: int = 128, feedforward_dim: int = 512, dropout: float = 0.1):
        super().__init__()
        self.out_dim = dim
        self.layers = nn.ModuleList(_Layer(dim, attention_dim, feedforward_dim, dropout) for _ in range(num_layers))
        self.layers[-1].freeze_passing_on()

    def attention(self, x: Tensor, lengths: Tensor | None = None) -> Tensor:
        """The weights of forward, one head a layer: (batch, layers, time), at least float32, 0 in the padding."""
        return self._run(x, lengths)[1]

    def forward(self, x: Tensor, lengths: Tensor | None = None) -> Tensor:
        """x: (batch, time, dim); lengths: (batch,) int64, at least 1, or None. Returns (batch, dim) in x's type."""
        return self._run(x, lengths)[0].to(x.dtype)

    def _run(self, x: Tensor, lengths: Tensor | None) -> tuple[Tensor, Tensor]:
        frames = zero_padding(at_least_float32(x), lengths)
        total, attentions = 0.0, []
        for layer in self.layers:
            head, mean, attention = layer(frames, lengths)
            total = total + at_least_float32(head)
            attentions.append(attention)
            if layer is not self.layers[-1]:
                frames = layer.pass_on(frames, mean)
        return total, torch.cat(attentions, dim=1)


class _Layer(nn.Module):
    """Attention with a query from the utterance's own statistics, then a feed-forward step; both residual, both pre-norm."""

    def __init__(self, dim: int, attention_dim: int, feedforward_dim: int, dropout: float):
        super().__init__()
        self.norm = LayerNorm(dim, eps=1e-6)
        self.key = Linear(dim, attention_dim, bias=False)
        self.query = Linear(2 * dim, attention_dim, bias=False)
        self.head = Linear(2 * dim, dim)
        self.value = Linear(dim, dim, bias=False)
        self.feedforward = nn.Sequential(LayerNorm(dim, eps=1e-6), Linear(dim, feedforward_dim), nn.ReLU(), Linear(feedforward_dim, dim))
        self.dropout = nn.Dropout(dropout)

    def forward(self, frames: Tensor, lengths: Tensor | None) -> tuple[Tensor, Tensor, Tensor]:
        """frames: (batch, time, dim) -> the layer's head (batch, dim), weighted mean (batch, 1, dim), weights (batch, 1, time)."""
        frames = self.norm(frames)
        mean, variance = masked_mean_and_variance(frames, lengths)
        query = self.query(torch.cat([mean, variance.clamp(min=1e-10).sqrt()], dim=1))
        logits = self.key(frames) @ query.unsqueeze(2) / math.sqrt(query.shape[1])
        attention = masked_softmax(logits.transpose(1, 2), lengths)
        mean, deviation = weighted_mean_and_deviation(frames, attention)
        return self.head(torch.cat([mean, deviation], dim=2)).squeeze(1), mean, attention

    def pass_on(self, frames: Tensor, mean: Tensor) -> Tensor:
        """The frames that the next layer sees; the same shape."""
        frames = frames + self.dropout(self.value(mean))
        return frames + self.dropout(self.feedforward(frames))

    def freeze_passing_on(self) -> None:
        for module in (self.value, self.feedforward):
            module.requires_grad_(False)
