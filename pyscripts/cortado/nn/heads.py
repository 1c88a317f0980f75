"""Heads: a pooled vector to the embedding. `forward` gives what the loss sees, `embed` what is stored and scored.

A head is made with the pooling's width `dim` and the `embedding_dim` of what is stored. Its `out_dim` is the width of what
the loss sees; it differs from `embedding_dim` only in SerializedHead.

An affine layer right before batch normalisation (LinearHead, VGGMHead) has a bias that does nothing: the mean of the batch takes it
away, its gradient is rounding, and the steps that AdamW makes of that change no output in training. It stays, as trained models hold it.
"""

from typing import Literal

from torch import Tensor, nn
from torch.nn import functional as F

from cortado.errors import ConfigError


class LinearHead(nn.Module):
    """One affine layer and what normalises it; the loss sees the embedding itself.

    `normalisation` is "batch" normalisation, "none" (cross attentive pooling's baselines: Kye et al., SLT 2021), or "length":
    each embedding is divided by its Euclidean norm (generalised end-to-end training: Wan et al., ICASSP 2018, equation 4).

    >>> import torch
    >>> LinearHead(dim=12, embedding_dim=4)(torch.randn(3, 12)).shape
    torch.Size([3, 4])
    """

    def __init__(self, dim: int, embedding_dim: int, normalisation: Literal["batch", "length", "none"] = "batch"):
        super().__init__()
        self.out_dim = embedding_dim
        normalisations = {"batch": [nn.BatchNorm1d(embedding_dim)], "length": [_Length()], "none": []}
        self.layers = nn.Sequential(nn.Linear(dim, embedding_dim), *normalisations[normalisation])

    def forward(self, pooled: Tensor) -> Tensor:
        """pooled: (batch, dim) -> (batch, embedding_dim)."""
        return self.layers(pooled)

    def embed(self, pooled: Tensor) -> Tensor:
        """pooled: (batch, dim) -> (batch, embedding_dim)."""
        return self(pooled)


class XVectorHead(nn.Module):
    """segment6 and segment7 of Kaldi's x-vector: the embedding is segment6's affine output, the loss sees segment7.

    Each is affine, ReLU, batch normalisation without affine. D. Snyder et al., ICASSP 2018, table 1 and section 2.3.
    """

    def __init__(self, dim: int, embedding_dim: int):
        super().__init__()
        self.out_dim = embedding_dim
        self.segment6 = nn.Linear(dim, embedding_dim)
        self.segment7 = nn.Sequential(*_activation(embedding_dim), nn.Linear(embedding_dim, embedding_dim), *_activation(embedding_dim))

    def forward(self, pooled: Tensor) -> Tensor:
        """pooled: (batch, dim) -> (batch, embedding_dim), for the loss."""
        return self.segment7(self.segment6(pooled))

    def embed(self, pooled: Tensor) -> Tensor:
        """pooled: (batch, dim) -> (batch, embedding_dim), to be stored."""
        return self.segment6(pooled)


class SerializedHead(nn.Module):
    """The pooled vector itself is the embedding; the loss sees it behind ReLU, normalisation, affine, ReLU, normalisation.

    So `embedding_dim` is the pooling's width, and the loss is as wide as `hidden_dim`. Normalisations are without affine,
    momentum 0.5. H. Zhu, K. A. Lee, H. Li, "Serialized multi-layer multi-head attention", Interspeech 2021.

    Raises ConfigError for another embedding_dim.
    """

    def __init__(self, dim: int, embedding_dim: int, hidden_dim: int = 512):
        super().__init__()
        if embedding_dim != dim:
            raise ConfigError(f"this head stores what the pooling gives: embedding_dim must be {dim}, not {embedding_dim}")
        self.out_dim = hidden_dim
        normalise = {"momentum": 0.5, "eps": 1e-5}
        self.layers = nn.Sequential(*_activation(dim, **normalise), nn.Linear(dim, hidden_dim), *_activation(hidden_dim, **normalise))

    def forward(self, pooled: Tensor) -> Tensor:
        """pooled: (batch, dim) -> (batch, hidden_dim), for the loss."""
        return self.layers(pooled)

    def embed(self, pooled: Tensor) -> Tensor:
        """pooled: (batch, dim) -> itself, to be stored."""
        return pooled


class DoubleAttentionHead(nn.Module):
    """Affine, ReLU, affine, ReLU, batch normalisation: the embedding; the loss sees another affine layer behind it.

    M. India, P. Safari, J. Hernando, "Double multi-head attention for speaker verification", ICASSP 2021, section 3.1.
    """

    def __init__(self, dim: int, embedding_dim: int):
        super().__init__()
        self.out_dim = embedding_dim
        first, second = nn.Linear(dim, embedding_dim), nn.Linear(embedding_dim, embedding_dim)
        self.embedding = nn.Sequential(first, nn.ReLU(), second, nn.ReLU(), nn.BatchNorm1d(embedding_dim))
        self.last = nn.Linear(embedding_dim, embedding_dim)

    def forward(self, pooled: Tensor) -> Tensor:
        """pooled: (batch, dim) -> (batch, embedding_dim), for the loss."""
        return self.last(self.embedding(pooled))

    def embed(self, pooled: Tensor) -> Tensor:
        """pooled: (batch, dim) -> (batch, embedding_dim), to be stored."""
        return self.embedding(pooled)


class TwoLayerHead(nn.Module):
    """Affine, ReLU, affine; the loss sees the embedding itself.

    Linear1 and Linear2 of Z. Wang et al., "Multi-resolution multi-head attention", ICASSP 2020, table 1. What stands
    between the two is not given there: the ReLU is ours, without it they would be one layer.
    """

    def __init__(self, dim: int, embedding_dim: int):
        super().__init__()
        self.out_dim = embedding_dim
        self.layers = nn.Sequential(nn.Linear(dim, embedding_dim), nn.ReLU(), nn.Linear(embedding_dim, embedding_dim))

    def forward(self, pooled: Tensor) -> Tensor:
        """pooled: (batch, dim) -> (batch, embedding_dim)."""
        return self.layers(pooled)

    def embed(self, pooled: Tensor) -> Tensor:
        """pooled: (batch, dim) -> (batch, embedding_dim)."""
        return self(pooled)


class VGGMHead(nn.Module):
    """fc7: affine, batch normalisation, ReLU; the loss sees the embedding itself.

    A. Nagrani, J. S. Chung, A. Zisserman, "VoxCeleb", Interspeech 2017, table 5 (embedding_dim 1024 there).
    """

    def __init__(self, dim: int, embedding_dim: int):
        super().__init__()
        self.out_dim = embedding_dim
        self.layers = nn.Sequential(nn.Linear(dim, embedding_dim), nn.BatchNorm1d(embedding_dim), nn.ReLU())

    def forward(self, pooled: Tensor) -> Tensor:
        """pooled: (batch, dim) -> (batch, embedding_dim), nothing negative."""
        return self.layers(pooled)

    def embed(self, pooled: Tensor) -> Tensor:
        """pooled: (batch, dim) -> (batch, embedding_dim)."""
        return self(pooled)


class _Length(nn.Module):
    """Rows divided by their Euclidean norm."""

    def forward(self, x: Tensor) -> Tensor:
        return F.normalize(x)


def _activation(dim: int, momentum: float = 0.1, eps: float = 1e-3) -> tuple[nn.Module, nn.Module]:
    """ReLU and batch normalisation without affine; the defaults are Kaldi's epsilon and torch's momentum."""
    return nn.ReLU(), nn.BatchNorm1d(dim, eps=eps, momentum=momentum, affine=False)
