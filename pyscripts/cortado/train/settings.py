"""The typed settings of a training run: everything that changes its result, and nothing else."""

from dataclasses import dataclass, field
from typing import Literal

from cortado.distributed import world_size
from cortado.errors import ConfigError


@dataclass(frozen=True)
class OptimiserSettings:
    """`name` is one of torch.optim's classes; `weight_decay` is left off biases and normalisation gains."""

    name: Literal["AdamW", "Adam", "SGD", "RAdam"] = "AdamW"
    lr: float = 1e-3
    weight_decay: float = 0.01  # Adam and SGD add it to the gradient, AdamW and RAdam take it off the weights
    momentum: float = 0.9  # SGD only (Nesterov)
    betas: tuple[float, float] = (0.9, 0.999)  # all but SGD

    def __post_init__(self):
        if self.lr <= 0:
            raise ValueError(f"lr must be above 0, not {self.lr}")
        if self.weight_decay < 0 or not 0 <= self.momentum < 1:
            raise ValueError("weight_decay must be at least 0 and momentum in [0, 1)")
        if not all(0 <= beta < 1 for beta in self.betas):
            raise ValueError(f"betas must be in [0, 1), not {list(self.betas)}")


@dataclass(frozen=True)
class ScheduleSettings:
    """Learning rate over the run: a linear warm-up, the peak for a while, then `shape` down to `floor` times the peak.

    `step` multiplies by `decay` every `every` epochs; `plateau` does so when the monitored figure has not improved for
    `every` epochs (it is the training loss where there is no validation set). `newbob` waits for that once, and then multiplies by
    `decay` before each of `final_epochs` more epochs, with which the run ends.
    """

    shape: Literal["constant", "cosine", "linear", "step", "plateau", "newbob"] = "cosine"
    warmup: float = 0.1  # fraction of all updates
    hold: float = 0.0  # fraction of all updates at the peak, of cosine and linear
    floor: float = 0.01
    decay: float = 0.5
    every: int = 1
    final_epochs: int = 6  # newbob only

    def __post_init__(self):
        if not 0 <= self.warmup < 1:
            raise ValueError(f"warmup is a fraction of the run in [0, 1), not {self.warmup}")
        if not 0 <= self.hold < 1 - self.warmup:
            raise ValueError(f"hold is a fraction of the run, and below 1 together with warmup; it is {self.hold}")
        if not 0 <= self.floor <= 1 or not 0 < self.decay <= 1 or self.every < 1 or self.final_epochs < 1:
            raise ValueError("floor must be in [0, 1], decay in (0, 1], every and final_epochs at least 1")


@dataclass(frozen=True)
class TrainSettings:
    """How long, in what arithmetic and how often saved. `batch_size` times `accumulate` examples, of all ranks together, make one update."""

    epochs: int
    batch_size: int
    accumulate: int = 1
    optimiser: OptimiserSettings = field(default_factory=OptimiserSettings)
    schedule: ScheduleSettings = field(default_factory=ScheduleSettings)
    precision: Literal["float32", "bfloat16", "float16"] = "float32"
    clip_norm: float | None = None  # gradients are scaled down to this L2 norm
    average: int = 1  # the final model is the mean of the weights after the last so many epochs
    patience: int | None = None  # stop when validation has not improved for so many epochs
    checkpoint_every: int = 200  # updates between checkpoints; each epoch ends with one too

    def __post_init__(self):
        for name in ("epochs", "batch_size", "accumulate", "average", "checkpoint_every"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be at least 1, not {getattr(self, name)}")
        if self.average > self.epochs:
            raise ValueError(f"average is {self.average} epochs, more than the {self.epochs} that are trained")
        if self.patience is not None and self.patience < 1:
            raise ValueError(f"patience must be at least 1 epoch, not {self.patience}")
        if self.clip_norm is not None and self.clip_norm <= 0:
            raise ValueError(f"clip_norm must be above 0, not {self.clip_norm}")

    def rows_of_a_rank(self) -> int:
        """How many examples of a batch each rank takes. Raises ConfigError where it cannot be the same number for all."""
        if self.batch_size % world_size():
            raise ConfigError(f"training.batch_size is {self.batch_size}, which {world_size()} ranks cannot share equally; change one")
        return self.batch_size // world_size()
