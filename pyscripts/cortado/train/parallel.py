"""A loss whose gradients are the means over all ranks."""

from collections.abc import Callable

from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel

from cortado.nn.sync_norm import synchronise_batch_norms

Loss = Callable[..., tuple[Tensor, dict[str, Tensor]]]


def parallel_loss(model: nn.Module, loss: Loss) -> DistributedDataParallel:
    """`loss`, of rows of this rank, made so that its backward pass leaves in `model` the gradients of the mean over all ranks.

    Its own forward pass is the same, but that batch normalisations in `model` take their statistics from all ranks' rows.
    """
    model = _LossOf(synchronise_batch_norms(model), loss)
    return DistributedDataParallel(model, forward_sync_buffers=False)  # buffers are equal on all ranks without it


class _LossOf(nn.Module):
    """A loss as the forward pass of a module, which is what DistributedDataParallel wraps."""

    def __init__(self, model: nn.Module, loss: Loss):
        super().__init__()
        self.model, self.loss = model, loss

    def forward(self, *arguments) -> tuple[Tensor, dict[str, Tensor]]:
        return self.loss(*arguments)
