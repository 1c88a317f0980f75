"""Batch normalisation over the rows of all ranks, so that several ranks compute what one would on the whole batch."""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from cortado.distributed import all_reduce_sum


def synchronise_batch_norms(model: nn.Module) -> nn.Module:
    """`model`, whose batch normalisations (below it) from now on use the statistics of all ranks in training.

    Parameters, buffers and their names stay. On a GPU these are torch's own nn.SyncBatchNorm, which a CPU does not have.
    """
    if next(model.parameters()).is_cuda:
        return nn.SyncBatchNorm.convert_sync_batchnorm(model)
    for parent in list(model.modules()):
        for name, child in parent.named_children():
            if isinstance(child, nn.BatchNorm1d | nn.BatchNorm2d):
                setattr(parent, name, GlobalBatchNorm(child))
    return model


class GlobalBatchNorm(nn.modules.batchnorm._BatchNorm):
    """`local`, an nn.BatchNorm1d or 2d, over all ranks: one sum over the ranks forward, and one backward."""

    def __init__(self, local: nn.BatchNorm1d | nn.BatchNorm2d):
        super().__init__(local.num_features, local.eps, local.momentum, affine=False, track_running_stats=local.track_running_stats)
        self._check_input_dim = local._check_input_dim
        self.weight, self.bias, self.affine = local.weight, local.bias, local.affine
        self.running_mean, self.running_var = local.running_mean, local.running_var
        self.num_batches_tracked = local.num_batches_tracked
        self.train(local.training)

    def forward(self, x: Tensor) -> Tensor:
        """x: (batch, channels) or (batch, channels, ...) of this rank -> the same shape, type and memory format."""
        if not self.training:
            return super().forward(x)
        self._check_input_dim(x)
        with torch.no_grad():
            count, mean, var = _statistics(x)
            if self.track_running_stats:
                self._remember(mean, var * count / (count - 1))
        return _Normalise.apply(x, self.weight, self.bias, count, mean, var, self.eps)

    def _remember(self, mean: Tensor, var: Tensor) -> None:
        self.num_batches_tracked += 1
        rate = self.momentum if self.momentum is not None else 1 / int(self.num_batches_tracked)
        self.running_mean.lerp_(mean, rate)
        self.running_var.lerp_(var, rate)


def _statistics(x: Tensor) -> tuple[float, Tensor, Tensor]:
    """Values a channel in all ranks' x, their mean and biased variance: (channels,), float32 or float64.

    Each rank takes its variance about its own mean; sums of squares then lose nothing in float64.
    """
    unused = torch.zeros(x.shape[1], dtype=torch.promote_types(x.dtype, torch.float32))  # running statistics: they set the type
    mean, var = (moment.double() for moment in torch.batch_norm_update_stats(x, unused, unused.clone(), 0.0))
    sums = torch.stack([torch.ones_like(mean), mean, var + mean.square()]) * (x.numel() / x.shape[1])
    counts, total, squares = all_reduce_sum(sums).unbind()
    mean = total / counts
    var = squares / counts - mean.square()
    return float(counts[0]), mean.to(unused), var.to(unused)


class _Normalise(torch.autograd.Function):
    """weight (x - mean) / sqrt(var + eps) + bias, where mean and var depend on the x of all ranks.

    S. Ioffe, C. Szegedy, "Batch normalization", ICML 2015, section 3: with xhat the normalised x, sums over all ranks' values,

        dx = weight / sqrt(var + eps) (dy - sum(dy) / count - xhat sum(dy xhat) / count)
    """

    @staticmethod
    def forward(ctx, x: Tensor, weight: Tensor | None, bias: Tensor | None, count: float, mean: Tensor, var: Tensor, eps: float) -> Tensor:
        ctx.save_for_backward(x, weight, mean, var)
        ctx.count, ctx.eps, ctx.has_bias = count, eps, bias is not None
        return F.batch_norm(x, mean, var, weight, bias, training=False, eps=eps)

    @staticmethod
    def backward(ctx, dy: Tensor) -> tuple[Tensor | None, ...]:
        x, weight, mean, var = ctx.saved_tensors
        as_constants = (mean, var, None, None, False)  # the kernel of evaluation: running statistics, no saved ones, not training
        dx, dweight, dbias = torch.ops.aten.native_batch_norm_backward(dy, x, weight, *as_constants, ctx.eps, [True, True, True])
        of_xhat, constant = (all_reduce_sum(torch.stack([dweight, dbias]).double()) / ctx.count).to(mean.dtype)
        scale = torch.rsqrt(var + ctx.eps)
        if weight is not None:
            scale = scale * weight
        dx -= F.batch_norm(x, mean, var, scale * of_xhat, scale * constant, training=False, eps=ctx.eps)
        return dx, dweight if weight is not None else None, dbias if ctx.has_bias else None, None, None, None, None
