"""Multi-resolution multi-head attention: Z. Wang, K. Yao, X. Li, S. Fang, "Multi-resolution multi-head attention in deep
speaker embedding", ICASSP 2020."""

import torch
from torch import Tensor, nn

from cortado.errors import ConfigError
from cortado.nn.pooling.global_multi_head import GlobalMultiHeadPooling
from cortado.nn.pooling.scorer import Activation


class MultiResolutionPooling(GlobalMultiHeadPooling):
    """Global multi-head attention with a temperature T_k for each head: softmax_t(s_k(x_t) / T_k).

    A hot head averages over many frames, a cold one picks a few. The paper does not give its temperatures; the default is
    the list max(1, 5 floor((k - 1) / 2)), k = 1..K, thus 1, 1, 5, 5, 10, 10, of asv-subtools, which credits the paper.

    >>> MultiResolutionPooling(3, num_heads=4)(torch.randn(4, 20, 3), torch.tensor([20, 5, 7, 1])).shape
    torch.Size([4, 12])
    """

    def __init__(self, dim: int, num_heads: int = 4, temperatures: tuple[float, ...] | None = None, activation: Activation = "relu"):
        super().__init__(dim, num_heads, activation)
        if temperatures is None:
            temperatures = default_temperatures(num_heads)
        if len(temperatures) != num_heads or min(temperatures) <= 0:
            raise ConfigError(f"temperatures are {num_heads} positive numbers, one per head, not {list(temperatures)}")
        self.register_buffer("temperatures", torch.tensor(temperatures, dtype=torch.float32), persistent=False)

    def logits(self, frames: Tensor) -> Tensor:
        return super().logits(frames) / self.temperatures.to(frames.dtype).unsqueeze(1)


class LearnedResolutionPooling(GlobalMultiHeadPooling):
    """The same with learned temperatures T_k = 1 + t_k^2, so never below 1.

    t_k^2 starts at the default list above, so T_k at 2, 2, 6, 6, ...: asv-subtools starts at t = 0, where t^2 has no
    gradient and the temperatures stay 1 for ever.

    >>> LearnedResolutionPooling(3, num_heads=4)(torch.randn(4, 20, 3), torch.tensor([20, 5, 7, 1])).shape
    torch.Size([4, 12])
    """

    def __init__(self, dim: int, num_heads: int = 4, activation: Activation = "relu"):
        super().__init__(dim, num_heads, activation)
        self.roots = nn.Parameter(torch.tensor(default_temperatures(num_heads), dtype=torch.float32).sqrt())

    @property
    def temperatures(self) -> Tensor:
        """(heads,), each at least 1."""
        return 1 + self.roots.square()

    def logits(self, frames: Tensor) -> Tensor:
        return super().logits(frames) / self.temperatures.to(frames.dtype).unsqueeze(1)


def default_temperatures(num_heads: int) -> tuple[int, ...]:
    """
    >>> default_temperatures(6)
    (1, 1, 5, 5, 10, 10)
    """
    return tuple(max(1, 5 * (k // 2)) for k in range(num_heads))
