"""What gives each frame its score, one for every head."""

import math
from typing import Literal

import torch
from torch import Tensor, nn

Activation = Literal["relu", "tanh"]
ACTIVATIONS = {"relu": torch.relu, "tanh": torch.tanh}


class LinearScorer(nn.Module):
    """s_k(h) = v_k . h, without bias: heads x dim parameters. v is xavier-normal, as in the authors' code of India et al.

    >>> LinearScorer(num_heads=4, dim=3)(torch.randn(2, 20, 4, 3)).shape
    torch.Size([2, 4, 20])
    """

    def __init__(self, num_heads: int, dim: int):
        super().__init__()
        self.query = nn.Parameter(xavier_queries(num_heads, dim))

    def forward(self, h: Tensor) -> Tensor:
        """h: (batch, time, heads, dim), what each head sees -> (batch, heads, time)."""
        return torch.einsum("btkd,kd->bkt", h, self.query.to(h.dtype))


class AdditiveScorer(nn.Module):
    """s_k(h) = v_k . f(W_k h + g_k) + b_k, W_k: hidden_dim x dim, so heads x (hidden_dim (dim + 2) + 1) parameters.

    b_k shifts all frames alike and so cannot change a softmax over time: it is there because the papers count it, and left
    out by `offset=False`. W and g start as nn.Linear's, v xavier-normal. g is stored as one row: weight decay spares vectors.

    >>> AdditiveScorer(num_heads=4, dim=3, hidden_dim=8)(torch.randn(2, 20, 4, 3)).shape
    torch.Size([2, 4, 20])
    """

    def __init__(self, num_heads: int, dim: int, hidden_dim: int, activation: Activation = "relu", offset: bool = True):
        super().__init__()
        self.activation = ACTIVATIONS[activation]
        bound = 1 / math.sqrt(dim)
        self.weight = nn.Parameter(torch.empty(num_heads, hidden_dim, dim).uniform_(-bound, bound))
        self.bias = nn.Parameter(torch.empty(num_heads * hidden_dim).uniform_(-bound, bound))
        self.query = nn.Parameter(xavier_queries(num_heads, hidden_dim))
        self.offset = nn.Parameter(torch.zeros(num_heads)) if offset else None

    def forward(self, h: Tensor) -> Tensor:
        """h: (batch, time, heads, dim), or (batch, time, 1, dim) which all heads see -> (batch, heads, time)."""
        hidden = torch.einsum("btkd,khd->btkh", h, self.weight.to(h.dtype))
        hidden = self.activation(hidden + self.bias.to(h.dtype).view(self.query.shape))
        scores = torch.einsum("btkh,kh->bkt", hidden, self.query.to(h.dtype))
        return scores if self.offset is None else scores + self.offset.to(h.dtype).unsqueeze(1)


def xavier_queries(num_heads: int, dim: int) -> Tensor:
    """(num_heads, dim), each row drawn as a dim x 1 matrix by xavier-normal: variance 2 / (dim + 1)."""
    return torch.randn(num_heads, dim) * math.sqrt(2 / (dim + 1))
