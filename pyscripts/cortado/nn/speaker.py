"""The speaker network: encoder, pooling, head."""

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from cortado.feats.windows import Windows
from cortado.nn.heads import LinearHead
from cortado.nn.normalise import Normalisation, normalise_features


class EmbeddingNetwork(nn.Module):
    """Features of any length to one embedding each. `normalise` says what is taken off the features first, `windows` how
    embed_utterance cuts them.

    `head(dim=..., embedding_dim=...)` makes the head for the pooling's width: a class, or a ClassSpec's `build`.

    >>> import torch
    >>> from cortado.nn.encoders.tdnn import TDNN
    >>> from cortado.nn.pooling.statistics import StatisticsPooling
    >>> network = EmbeddingNetwork(TDNN(feat_dim=26), StatisticsPooling(1500), embedding_dim=512)
    >>> network(torch.randn(2, 100, 26), torch.tensor([100, 60])).shape
    torch.Size([2, 512])
    """

    def __init__(
        self,
        encoder: nn.Module,
        pooling: nn.Module,
        embedding_dim: int,
        head: Callable[..., nn.Module] = LinearHead,
        normalise: Normalisation = "none",
        windows: Windows | None = None,
    ):
        super().__init__()
        self.normalise = normalise
        self.windows = windows
        self.encoder, self.pooling = encoder, pooling
        self.head = head(dim=pooling.out_dim, embedding_dim=embedding_dim)
        self.embedding_dim = embedding_dim

    def forward(self, x: Tensor, lengths: Tensor | None = None) -> Tensor:
        """What the loss sees. x: (batch, time, feat_dim); lengths: (batch,) int64 or None -> (batch, embedding_dim)."""
        return self.head(self._pooled(x, lengths))

    def embed(self, x: Tensor, lengths: Tensor | None = None) -> Tensor:
        """What is stored and scored; the same shapes. Which layer it is, is the head's choice."""
        return self.head.embed(self._pooled(x, lengths))

    def embed_utterance(self, features: np.ndarray) -> Tensor:
        """What is stored of one utterance, (num_frames, feat_dim) -> (embedding_dim,): the mean of the unit embeddings of its `windows`."""
        windows = torch.from_numpy(self.windows.cut(features)).to(next(self.parameters()).device)
        return F.normalize(self.embed(windows), dim=1).mean(dim=0)

    def _pooled(self, x: Tensor, lengths: Tensor | None) -> Tensor:
        x = normalise_features(x, lengths, self.normalise)
        return self.pooling(*self.encoder(x, lengths))
