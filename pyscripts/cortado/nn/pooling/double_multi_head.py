"""Double multi-head attention: M. India, P. Safari, J. Hernando, "Double multi-head attention for speaker verification",
ICASSP 2021."""

from typing import Literal

import torch
from torch import Tensor, nn

from cortado.errors import ConfigError
from cortado.nn.pooling.scorer import xavier_queries
from cortado.nn.pooling.self_multi_head import SelfMultiHeadPooling


class DoubleMultiHeadPooling(SelfMultiHeadPooling):
    """Self multi-head attention, whose contexts c_k are then weighted themselves: sum_k beta_k c_k, beta = softmax_k(c_k . u').

    u' is shared by the heads, so the output is as wide as one head. In training each head is left out of the second softmax
    with probability `head_drop`, independently in each utterance; one that would lose all its heads keeps them all (the
    authors' code makes it NaN). Their code drops with probability 1/int(1/p): its p=0.3 is the 1/3 that is our default.

    >>> DoubleMultiHeadPooling(8, num_heads=4)(torch.randn(4, 20, 8), torch.tensor([20, 5, 7, 1])).shape
    torch.Size([4, 2])
    """

    def __init__(self, dim: int, num_heads: int = 32, head_drop: float = 1 / 3, scale: Literal["head_dim", "num_heads"] = "head_dim"):
        super().__init__(dim, num_heads, scale)
        if not 0 <= head_drop < 1:
            raise ConfigError(f"head_drop is a probability in [0, 1), not {head_drop}")
        self.head_drop = head_drop
        self.out_dim = self.head_dim
        self.head_query = nn.Parameter(xavier_queries(1, self.head_dim).squeeze(0))

    def pool(self, frames: Tensor, attention: Tensor) -> Tensor:
        contexts = self.contexts(frames, attention)
        return (self.head_attention(contexts).unsqueeze(1) @ contexts).squeeze(1)

    def head_attention(self, contexts: Tensor) -> Tensor:
        """beta: the weights of the heads' contexts (batch, heads, head_dim) -> (batch, heads), summing to 1."""
        logits = contexts @ self.head_query.to(contexts.dtype)
        if self.training and self.head_drop > 0:
            logits = logits.masked_fill(self._dropped(logits), -torch.inf)
        return logits.softmax(dim=1)

    def _dropped(self, logits: Tensor) -> Tensor:
        dropped = torch.rand_like(logits) < self.head_drop
        return dropped & ~dropped.all(dim=1, keepdim=True)
