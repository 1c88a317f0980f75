"""The typed settings of a training run: everything that changes its result, and nothing else."""

from dataclasses import dataclass, field
from typing import Literal

from cortado.distributed import world_size
from cortado.errors import ConfigError


@dataclass(frozen=True)
class OptimiserSettings:
    """`name` is one of torch.optim's classes; `weight_decay` is left off biases and normalisation gains."""

    name: Literal["AdamW", "SGD", "RAdam"] = "AdamW"
    lr: float = 1e-3
    weight_decay: float = 0.01
    momentum: float = 0.9  # SGD only (Nesterov)

    def __post_init__(self):
        if self.lr <= 0:
            raise ValueError(f"lr must be above 0, not {self.lr}")
        if self.weight_decay < 0 or not 0 <= self.momentum < 1:
            raise ValueError("weight_decay must be at least 0 and momentum in [0, 1)")


@dataclass(frozen=True)
class ScheduleSettings:
    """Learning rate over the run: a linear warm-up, then `shape` from the peak down to `floor` times the peak.

    `step` multiplies by `decay` every `every` epochs; `plateau` does so when the monitored figure has not improved for
    `every` epochs (it is the training loss where there is no validation set).
    """

    shape: Literal["constant", "cosine", "linear", "step", "plateau"] = "cosine"
    warmup: float = 0.1  # fraction of all updates
    floor: float = 0.01
    decay: float = 0.5
    every: int = 1

    def __post_init__(self):
        if not 0 <= self.warmup < 1:
            raise ValueError(f"warmup is a fraction of the run in [0, 1), not {self.warmup}")
        if not 0 <= self.floor <= 1 or not 0 < self.decay <= 1 or self.every < 1:
            raise ValueError("floor must be in [0, 1], decay in (0, 1] and every at least 1")


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
