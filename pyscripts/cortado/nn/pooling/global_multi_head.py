"""Global multi-head attention: Z. Wang, K. Yao, X. Li, S. Fang, "Multi-resolution multi-head attention in deep speaker
embedding", ICASSP 2020."""

from torch import Tensor

from cortado.nn.pooling.attentive import AttentivePooling
from cortado.nn.pooling.scorer import Activation, AdditiveScorer


class GlobalMultiHeadPooling(AttentivePooling):
    """Every head sees the whole frame: softmax_t(v_k . f(W_k x_t + g_k) + b_k), W_k square. The heads' means are concatenated.

    263,169 parameters a head at 512. f is not given in the paper; ReLU is our default.

    >>> import torch
    >>> GlobalMultiHeadPooling(3, num_heads=4)(torch.randn(4, 20, 3), torch.tensor([20, 5, 7, 1])).shape
    torch.Size([4, 12])
    """

    def __init__(self, dim: int, num_heads: int = 4, activation: Activation = "relu"):
        super().__init__()
        self.out_dim = num_heads * dim
        self.scorer = AdditiveScorer(num_heads, dim, hidden_dim=dim, activation=activation)

    def logits(self, frames: Tensor) -> Tensor:
        return self.scorer(frames.unsqueeze(2))

    def pool(self, frames: Tensor, attention: Tensor) -> Tensor:
        return (attention @ frames).flatten(1)
