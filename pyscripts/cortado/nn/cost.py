"""What a network costs: parameters, and multiply-accumulates of one pass."""

import torch
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode


def num_parameters(network: nn.Module) -> int:
    """Trained values.

    >>> num_parameters(nn.Linear(3, 4))
    16
    """
    return sum(p.numel() for p in network.parameters())


def multiply_accumulates(network: nn.Module, *inputs: Tensor) -> int:
    """Multiply-accumulates of the convolutions and matrix products of `network(*inputs)`; nothing else is counted.

    On the meta device nothing is computed, so the largest network is counted at once. On other devices an LSTM counts as
    nothing where torch runs it as one fused kernel.

    >>> with torch.device("meta"):
    ...     multiply_accumulates(nn.Conv1d(8, 16, kernel_size=3), torch.empty(1, 8, 102))
    38400
    """
    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        network(*inputs)
    return counter.get_total_flops() // 2
