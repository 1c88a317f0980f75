"""A tiny task that uses every kind of state a run has: dropout, batch normalisation, momentum. Run as a program, it trains."""

import sys
import time
from pathlib import Path

import torch
from torch import nn

from cortado.train.loop import Interrupted, Task, train
from cortado.train.settings import OptimiserSettings, ScheduleSettings, TrainSettings


class ToyTask(Task):
    def __init__(self, pause: float = 0.0, batches_per_epoch: int = 10):
        torch.manual_seed(3)
        self.model = nn.Sequential(nn.Linear(4, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Dropout(0.3), nn.Linear(8, 2))
        self.batches_per_epoch = batches_per_epoch
        self.pause = pause

    def batch(self, number):
        x = torch.randn(6, 4, generator=torch.Generator().manual_seed(number))
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


if __name__ == "__main__":
    torch.set_num_threads(1)
    directory, pause = Path(sys.argv[1]), float(sys.argv[2])
    try:
        weights = train(ToyTask(pause), settings(), directory, "toy")
    except Interrupted as stop:
        sys.exit(stop.exit_code)
    torch.save(weights, directory / "final.pt")
