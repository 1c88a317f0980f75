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
        return torch.optim.RAdam(groups, lr=settings.lr, betas=settings.betas, decoupled_weight_decay=True)
    kind = torch.optim.Adam if settings.name == "Adam" else torch.optim.AdamW
    return kind(groups, lr=settings.lr, betas=settings.betas)


class Schedule:
    """The learning rate of each update, as a factor on the peak.

    All shapes but "plateau" and "newbob" are pure functions of the update's number. These two remember the best figure they have
    seen, in `state`, which a checkpoint keeps.
    """

    def __init__(self, settings: ScheduleSettings, updates_per_epoch: int, epochs: int):
        self.settings = settings
        self.updates_per_epoch = updates_per_epoch
        self.total = updates_per_epoch * epochs
        self.state = {"factor": 1.0, "best": math.inf, "bad_epochs": 0, "final_epochs": 0}

    def factor(self, update: int) -> float:
        """The factor of update number `update` (from 0)."""
        s = self.settings
        warmup = round(s.warmup * self.total)
        if update < warmup:
            return (update + 1) / warmup
        falling = warmup + round(s.hold * self.total)  # from this update on
        done = max(0, update - falling) / max(1, self.total - falling)  # 0 at the peak, 1 at the end
        if s.shape == "cosine":
            return s.floor + (1 - s.floor) * 0.5 * (1 + math.cos(math.pi * done))
        if s.shape == "linear":
            return s.floor + (1 - s.floor) * (1 - done)
        if s.shape == "step":
            return max(s.floor, s.decay ** (update // self.updates_per_epoch // s.every))
        if s.shape in ("plateau", "newbob"):
            return max(s.floor, self.state["factor"])
        return 1.0

    def end_epoch(self, figure: float) -> None:
        """Tell the schedule the monitored figure of the epoch that just ended (lower is better)."""
        if self.settings.shape == "newbob" and self.state["factor"] < 1:
            self.state.update(factor=self.state["factor"] * self.settings.decay, final_epochs=self.state["final_epochs"] + 1)
            return
        if figure < self.state["best"]:
            self.state.update(best=figure, bad_epochs=0)
            return
        self.state["bad_epochs"] += 1
        if self.state["bad_epochs"] >= self.settings.every:
            self.state.update(factor=self.state["factor"] * self.settings.decay, bad_epochs=0)

    @property
    def is_over(self) -> bool:
        """Whether the schedule ends the run now."""
        return self.settings.shape == "newbob" and self.state["final_epochs"] == self.settings.final_epochs

    def set_lr(self, optimiser: torch.optim.Optimizer, peak: float, update: int) -> float:
        """Write the learning rate of update number `update` into the optimiser and return it."""
        lr = peak * self.factor(update)
        for group in optimiser.param_groups:
            group["lr"] = lr
        return lr
