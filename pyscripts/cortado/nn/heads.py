"""Heads: a pooled vector to the embedding. `forward` gives what the loss sees, `embed` what is stored and scored."""

from torch import Tensor, nn


class LinearHead(nn.Module):
    """One affine layer and batch normalisation; the loss sees the embedding itself.

    >>> import torch
    >>> LinearHead(dim=12, embedding_dim=4)(torch.randn(3, 12)).shape
    torch.Size([3, 4])
    """

    def __init__(self, dim: int, embedding_dim: int):
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(dim, embedding_dim), nn.BatchNorm1d(embedding_dim))

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
        self.segment6 = nn.Linear(dim, embedding_dim)
        self.segment7 = nn.Sequential(*_activation(embedding_dim), nn.Linear(embedding_dim, embedding_dim), *_activation(embedding_dim))

    def forward(self, pooled: Tensor) -> Tensor:
        """pooled: (batch, dim) -> (batch, embedding_dim), for the loss."""
        return self.segment7(self.segment6(pooled))

    def embed(self, pooled: Tensor) -> Tensor:
        """pooled: (batch, dim) -> (batch, embedding_dim), to be stored."""
        return self.segment6(pooled)


def _activation(dim: int) -> tuple[nn.Module, nn.Module]:
    return nn.ReLU(), nn.BatchNorm1d(dim, eps=1e-3, affine=False)
