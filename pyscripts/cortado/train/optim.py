"""Optimisers and learning-rate schedules."""

import math

import torch
from torch import nn

from cortado.train.settings import OptimiserSettings, ScheduleSettings


def make_optimiser(model: nn.Module, settings: OptimiserSettings) -> torch.optim.Optimizer:
    """One of torch's own optimisers; weight decay applies to matrices and kernels only (parameters of 2 or more dimensions)."""
    trained = [p for p in model.parameters() if p.requires_grad]
    groups = [
        {"params": [p for p in trained if p.ndim >= 2], "weight_decay": settings.weight_decay},
        {"params": [p for p in trained if p.ndim < 2], "weight_decay": 0.0},
    ]
    if settings.name == "SGD":
        return torch.optim.SGD(groups, lr=settings.lr, momentum=settings.momentum, nesterov=settings.momentum > 0)
    if settings.name == "RAdam":
        return torch.optim.RAdam(groups, lr=settings.lr, decoupled_weight_decay=True)
    return torch.optim.AdamW(groups, lr=settings.lr)


class Schedule:
    """The learning rate of each update, as a factor on the peak.

    All shapes but "plateau" are pure functions of the update's number. "plateau" remembers the best figure it has seen,
    in `state`, which a checkpoint keeps.
    """

    def __init__(self, settings: ScheduleSettings, updates_per_epoch: int, epochs: int):
        self.settings = settings
        self.updates_per_epoch = updates_per_epoch
        self.total = updates_per_epoch * epochs
        self.state = {"factor": 1.0, "best": math.inf, "bad_epochs": 0}

    def factor(self, update: int) -> float:
        """The factor of update number `update` (from 0)."""
        s = self.settings
        warmup = round(s.warmup * self.total)
        if update < warmup:
            return (update + 1) / warmup
        done = (update - warmup) / max(1, self.total - warmup)  # 0 at the peak, 1 at the end
        if s.shape == "cosine":
            return s.floor + (1 - s.floor) * 0.5 * (1 + math.cos(math.pi * done))
        if s.shape == "linear":
            return s.floor + (1 - s.floor) * (1 - done)
        if s.shape == "step":
            return max(s.floor, s.decay ** (update // self.updates_per_epoch // s.every))
        if s.shape == "plateau":
            return max(s.floor, self.state["factor"])
        return 1.0

    def end_epoch(self, figure: float) -> None:
        """Tell the schedule the monitored figure of the epoch that just ended (lower is better)."""
        if figure < self.state["best"]:
            self.state.update(best=figure, bad_epochs=0)
            return
        self.state["bad_epochs"] += 1
        if self.state["bad_epochs"] >= self.settings.every:
            self.state.update(factor=self.state["factor"] * self.settings.decay, bad_epochs=0)

    def set_lr(self, optimiser: torch.optim.Optimizer, peak: float, update: int) -> float:
        """Write the learning rate of update number `update` into the optimiser and return it."""
        lr = peak * self.factor(update)
        for group in optimiser.param_groups:
            group["lr"] = lr
        return lr
