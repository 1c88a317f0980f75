"""What keeps attention in float32: under autocast, and in a network whose weights were cast to bfloat16 or float16."""

from contextlib import AbstractContextManager, nullcontext

import torch
from torch import Tensor, nn
from torch.nn import functional as F


def without_autocast(x: Tensor) -> AbstractContextManager:
    """A context in which operations on x's device keep the type of their inputs.

    >>> x = torch.ones(2, 2)
    >>> with torch.autocast("cpu", dtype=torch.bfloat16), without_autocast(x):
    ...     (x @ x).dtype
    torch.float32
    """
    kind = x.device.type
    return torch.autocast(kind, enabled=False) if torch.amp.is_autocast_available(kind) else nullcontext()  # meta has none


class Linear(nn.Linear):
    """nn.Linear in the type of its input, whatever that of its weights.

    >>> Linear(3, 2).half()(torch.randn(5, 3)).dtype
    torch.float32
    """

    def forward(self, x: Tensor) -> Tensor:
        return F.linear(x, self.weight.to(x.dtype), None if self.bias is None else self.bias.to(x.dtype))


class LayerNorm(nn.LayerNorm):
    """nn.LayerNorm in the type of its input, whatever that of its weights."""

    def forward(self, x: Tensor) -> Tensor:
        return F.layer_norm(x, self.normalized_shape, self.weight.to(x.dtype), self.bias.to(x.dtype), self.eps)
