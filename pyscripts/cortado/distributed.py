"""One program as several ranks: which one this is, its share of the work, sums over all, and an end without hanging.

A launcher starts the same command several times and tells each its place in torchrun's variables: RANK, WORLD_SIZE,
LOCAL_RANK, MASTER_ADDR, MASTER_PORT. The program does its work inside `ranks(device)`. Without these variables there is
one rank, no communication, and every function here is what a single process would do.
"""

import gc
import json
import os
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn, TypeVar

import torch
import torch.distributed as dist

from cortado.errors import CortadoError

T = TypeVar("T")


@contextmanager
def ranks(device: str) -> Iterator[torch.device]:
    """Join the other ranks and yield the device of this one: cpu, or on `cuda` the GPU of its number on its node.

    All ranks must leave the block normally, or with an exception any of them: that ends this rank with status 1 at once,
    and the launcher then ends the others, which may be waiting for it. The first rank that fails says why, on stderr, once.
    Raises CortadoError when rank 0 cannot be reached.
    """
    if int(os.environ.get("WORLD_SIZE", "1")) == 1:
        yield torch.device(device)
        return
    try:
        store, rank, world_size = next(dist.rendezvous("env://"))
    except dist.DistError as error:
        address = f"{os.environ['MASTER_ADDR']}:{os.environ['MASTER_PORT']}"
        raise CortadoError(f"rank {os.environ['RANK']}: no connection to rank 0 at {address} ({_first_line(error)})") from None
    try:
        own_device = _own_device(device)
        backend = "cpu:gloo,cuda:nccl" if own_device.type == "cuda" else "gloo"
        dist.init_process_group(backend, store=store, rank=rank, world_size=world_size)
        yield own_device
        dist.barrier()
    except BaseException as error:
        _leave(error, store)
    # gloo's threads abort the process when objects that use them (DistributedDataParallel) outlive the group
    gc.collect()
    dist.destroy_process_group()


def is_distributed() -> bool:
    """True inside `ranks` when there are several."""
    return dist.is_initialized()


def rank() -> int:
    """0 to world_size() - 1; rank 0 is the one that writes."""
    return dist.get_rank() if is_distributed() else 0


def world_size() -> int:
    """The number of ranks."""
    return dist.get_world_size() if is_distributed() else 1


def share(num_items: int) -> range:
    """This rank's part of items 0..num_items-1: contiguous, in order of rank, sizes at most one apart."""
    return range(rank() * num_items // world_size(), (rank() + 1) * num_items // world_size())


def all_reduce_sum(tensor: torch.Tensor) -> torch.Tensor:
    """Replace `tensor` on every rank by the sum over all ranks, the same bits everywhere, and return it. Not differentiable."""
    if is_distributed():
        dist.all_reduce(tensor)
    return tensor


def gather(value: T) -> list[T]:
    """What each rank gives, in order of rank, on every rank."""
    if not is_distributed():
        return [value]
    values: list = [None] * world_size()
    dist.all_gather_object(values, value)
    return values


def from_first(make: Callable[[], T]) -> T:
    """What `make` returns on rank 0, on every rank: a file system may show the others an older state of a file."""
    if not is_distributed():
        return make()
    value = [make() if rank() == 0 else None]
    dist.broadcast_object_list(value, src=0)
    return value[0]


def say(text: str) -> None:
    """Print `text` once, on rank 0."""
    if rank() == 0:
        print(text, flush=True)


def _own_device(device: str) -> torch.device:
    if device != "cuda":
        return torch.device(device)
    local_rank = int(os.environ["LOCAL_RANK"])
    if local_rank >= torch.cuda.device_count():
        raise CortadoError(
            f"rank {os.environ['RANK']} wants GPU {local_rank} of its node and finds {torch.cuda.device_count()}: one GPU a rank"
        )
    torch.cuda.set_device(local_rank)
    return torch.device("cuda", local_rank)


def _leave(error: BaseException, store: dist.Store) -> NoReturn:
    """End this process at once: a rank that waited for the others, or for its own threads, would hang."""
    try:
        is_first = store.add("cortado/failed", 1) == 1
    except dist.DistError:  # the store is gone with rank 0, which has said why or was killed
        is_first = False
    if is_first:
        text = _describe(error)
        print(text, file=sys.stderr, flush=True)
        if error_file := os.environ.get("TORCHELASTIC_ERROR_FILE"):  # torchrun shows it below its own long message
            Path(error_file).write_text(json.dumps({"message": text, "timestamp": int(time.time())}))
    os._exit(130 if isinstance(error, KeyboardInterrupt) else 1)


def _describe(error: BaseException) -> str:
    """One sentence where the user can do something about it; a traceback where we must."""
    program = Path(sys.argv[0]).name
    if isinstance(error, CortadoError):
        return f"{program}: {error}"
    if isinstance(error, KeyboardInterrupt):
        return f"{program}: interrupted"
    if isinstance(error, dist.DistError) or "/gloo/" in str(error):
        return f"{program}: rank {os.environ['RANK']} lost another rank, which was killed or crashed ({_first_line(error)})"
    return f"rank {os.environ['RANK']}: {''.join(traceback.format_exception(error))}"


def _first_line(error: BaseException) -> str:
    return str(error).strip().partition("\n")[0].partition(". ")[0]
