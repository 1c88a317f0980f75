"""Self multi-head attention: M. India, P. Safari, J. Hernando, "Self multi-head attention for speaker recognition",
Interspeech 2019."""

import math
from typing import Literal

from torch import Tensor

from cortado.nn.pooling.multi_head import LinearMultiHeadPooling


class SelfMultiHeadPooling(LinearMultiHeadPooling):
    """Each head's own query on its part of the frame, the scores scaled: softmax_t(x_tk . u_k / sqrt(d)).

    d is the width of a part (scale="head_dim"). The authors' code divides by the square root of the number of heads
    instead: scale="num_heads" repeats what their numbers were made with. 32 heads are the code's default.

    >>> import torch
    >>> SelfMultiHeadPooling(8, num_heads=4)(torch.randn(4, 20, 8), torch.tensor([20, 5, 7, 1])).shape
    torch.Size([4, 8])
    """

    def __init__(self, dim: int, num_heads: int = 32, scale: Literal["head_dim", "num_heads"] = "head_dim"):
        super().__init__(dim, num_heads)
        self.divisor = math.sqrt(self.head_dim if scale == "head_dim" else num_heads)

    def logits(self, frames: Tensor) -> Tensor:
        return super().logits(frames) / self.divisor
