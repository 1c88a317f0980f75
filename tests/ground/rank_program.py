"""What a rank does in tests of cortado.distributed: `rank_program.py TASK FOLDER`."""

import os
import signal
import sys
from pathlib import Path

import numpy as np
import torch
import torch.distributed as dist

from cortado.command import run
from cortado.distributed import all_reduce_sum, from_first, gather, rank, ranks, share, world_size
from cortado.errors import CortadoError

NUM_ITEMS = 1001


def items() -> torch.Tensor:
    """Statistics of each item, of very different sizes: (NUM_ITEMS, 3) float64."""
    rng = np.random.default_rng(0)
    return torch.from_numpy(rng.standard_normal((NUM_ITEMS, 3)) * 10.0 ** rng.integers(-6, 7, (NUM_ITEMS, 3)))


def add_up(folder: Path) -> None:
    mine = share(NUM_ITEMS)
    found = {
        "sum": all_reduce_sum(items()[mine.start : mine.stop].sum(0)),
        "share": [mine.start, mine.stop],
        "ranks": gather((rank(), world_size())),
        "first": from_first(lambda: f"of rank {rank()}"),
    }
    torch.save(found, folder / f"{world_size()}-{rank()}.pt")


def fail_alone(folder: Path) -> None:
    if rank() == 1:
        raise CortadoError("utterance u17: features are missing")
    dist.barrier()


def die(folder: Path) -> None:
    if rank() == 1:
        os.kill(os.getpid(), signal.SIGKILL)
    dist.barrier()


def main() -> None:
    torch.set_num_threads(1)
    with ranks("cpu"):
        globals()[sys.argv[1]](Path(sys.argv[2]))


if __name__ == "__main__":
    run(main)
