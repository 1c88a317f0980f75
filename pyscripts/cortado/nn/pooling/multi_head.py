"""Multi-head attention over parts of the frames: the baselines of Z. Wang, K. Yao, X. Li, S. Fang, "Multi-resolution
multi-head attention in deep speaker embedding", ICASSP 2020, equations 1 and 5."""

from torch import Tensor

from cortado.errors import ConfigError
from cortado.nn.pooling.attentive import AttentivePooling
from cortado.nn.pooling.scorer import Activation, AdditiveScorer, LinearScorer


class SplitPooling(AttentivePooling):
    """A frame is cut into `num_heads` equal parts; each head weights its own part over time. The means are concatenated."""

    def __init__(self, dim: int, num_heads: int):
        super().__init__()
        if dim % num_heads:
            raise ConfigError(f"frames of {dim} dimensions cannot be cut into {num_heads} equal heads")
        self.num_heads, self.head_dim = num_heads, dim // num_heads
        self.out_dim = dim

    def parts(self, frames: Tensor) -> Tensor:
        """(batch, time, dim) -> (batch, time, heads, head_dim), a view."""
        return frames.unflatten(2, (self.num_heads, self.head_dim))

    def contexts(self, frames: Tensor, attention: Tensor) -> Tensor:
        """Each head's weighted mean of its part: (batch, heads, head_dim)."""
        return (attention.unsqueeze(2) @ self.parts(frames).transpose(1, 2)).squeeze(2)

    def pool(self, frames: Tensor, attention: Tensor) -> Tensor:
        return self.contexts(frames, attention).flatten(1)


class MultiHeadPooling(SplitPooling):
    """Equation 1: a part's weights are softmax_t(v_k . f(W_k x_tk + g_k) + b_k), W_k square (66,564 parameters at 512, 4 heads).

    f is not given in the paper; ReLU is our default.

    >>> import torch
    >>> MultiHeadPooling(8, num_heads=4)(torch.randn(4, 20, 8), torch.tensor([20, 5, 7, 1])).shape
    torch.Size([4, 8])
    """

    def __init__(self, dim: int, num_heads: int = 4, activation: Activation = "relu"):
        super().__init__(dim, num_heads)
        self.scorer = AdditiveScorer(num_heads, self.head_dim, hidden_dim=self.head_dim, activation=activation)

    def logits(self, frames: Tensor) -> Tensor:
        return self.scorer(self.parts(frames))


class LinearMultiHeadPooling(SplitPooling):
    """Equation 5: a part's weights are softmax_t(v_k . x_tk); `dim` parameters whatever the number of heads.

    With one head this is the plain "Attention" baseline of the double multi-head paper.

    >>> import torch
    >>> LinearMultiHeadPooling(8, num_heads=4)(torch.randn(4, 20, 8), torch.tensor([20, 5, 7, 1])).shape
    torch.Size([4, 8])
    """

    def __init__(self, dim: int, num_heads: int = 4):
        super().__init__(dim, num_heads)
        self.scorer = LinearScorer(num_heads, self.head_dim)

    def logits(self, frames: Tensor) -> Tensor:
        return self.scorer(self.parts(frames))
