"""A tiny task that uses every kind of state a run has: dropout, batch normalisation, momentum. Run as a program, it trains.

toy_task.py FOLDER PAUSE [RANK SIGNAL]: with PAUSE seconds in each update; RANK gets SIGNAL, twice, in its tenth.
"""

import os
import sys
import time
from pathlib import Path

import torch
from torch import nn

from cortado.distributed import rank, ranks, share
from cortado.stop import Interrupted
from cortado.train.loop import Task, train
from cortado.train.settings import OptimiserSettings, ScheduleSettings, TrainSettings


class ToyTask(Task):
    def __init__(self, pause: float = 0.0, batches_per_epoch: int = 10):
        torch.manual_seed(3)
        self.model = nn.Sequential(nn.Linear(4, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Dropout(0.3), nn.Linear(8, 2))
        self.batches_per_epoch = batches_per_epoch
        self.pause = pause

    def batch(self, number):
        x = torch.randn(6, 4, generator=torch.Generator().manual_seed(number))[share(6)]
        return x, (x.sum(1) > 0).long()

    def largest_batch(self):
        return self.batch(10**6)

    def loss(self, batch, progress):
        time.sleep(self.pause)
        x, y = batch
        return nn.functional.cross_entropy(self.model(x), y), {"progress": torch.tensor(progress)}


def settings(**changes) -> TrainSettings:
    values = {
        "epochs": 4,
        "batch_size": 6,
        "optimiser": OptimiserSettings(lr=0.01),
        "schedule": ScheduleSettings(shape="plateau", every=1),
        "average": 2,
        "checkpoint_every": 3,
    }
    return TrainSettings(**{**values, **changes})


class Stopped(ToyTask):
    """Rank `stopped` gets signal `number`, twice, in its tenth update."""

    def __init__(self, pause: float, stopped: int, number: int):
        super().__init__(pause)
        self.stopped, self.number = stopped, number

    def loss(self, batch, progress):
        if rank() == self.stopped and round(progress * 39) == 9:
            os.kill(os.getpid(), self.number)
            os.kill(os.getpid(), self.number)
        return super().loss(batch, progress)


def main(directory: Path, pause: float, *stopped: int) -> int | None:
    task = Stopped(pause, *stopped) if stopped else ToyTask(pause)
    with ranks("cpu") as device:
        try:
            weights = train(task, settings(), directory, "toy", device)
        except Interrupted as stop:
            return stop.exit_code
        if rank() == 0:
            torch.save(weights, directory / "final.pt")


if __name__ == "__main__":
    torch.set_num_threads(1)
    sys.exit(main(Path(sys.argv[1]), float(sys.argv[2]), *map(int, sys.argv[3:])))
