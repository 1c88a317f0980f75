"""One experiment directory: what the training commands of all tasks share around the loop."""

import argparse
import hashlib
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

import torch

from cortado.config import dump_yaml
from cortado.distributed import rank, world_size
from cortado.errors import CortadoError
from cortado.files import atomic_write, file_digest
from cortado.stop import Interrupted
from cortado.train import checkpoint
from cortado.train.loop import Task, train


def add_training_options(parser: argparse.ArgumentParser) -> None:
    """--config, --set, --seed, --init, --device and --num-threads."""
    parser.add_argument("--config", required=True, metavar="YAML", help="the system: see conf/ of a recipe")
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", help="set a key of the config; may be repeated")
    parser.add_argument("--seed", type=int, default=0, help="of the weights, the order of the data and its variation (default 0)")
    parser.add_argument("--init", type=Path, metavar="MODEL", help="a final.pt to start from")
    parser.add_argument("--device", choices=("cpu", "cuda"), default="cpu", help="cuda: each rank takes one GPU (default cpu)")
    parser.add_argument("--num-threads", type=int, default=1, help="threads of the arithmetic on the CPU, of each rank (default 1)")


def identify(config, seed: int, data: Iterable[str], init: Path | None) -> str:
    """A digest of all that determines the result: config, seed, what describes the data, and the model it starts from."""
    parts = [dump_yaml(config), str(seed), *data]
    if init is not None:
        parts.append(file_digest(init))
    return hashlib.md5("\n".join(parts).encode(), usedforsecurity=False).hexdigest()


def is_finished(final: Path, identity: str) -> bool:
    """Whether the model is there, trained as `identity` says. Raises CortadoError for a model that was trained otherwise."""
    if not final.exists():
        return False
    if checkpoint.load(final).get("identity") != identity:
        raise CortadoError(
            f"{final} was trained with another config, seed or data, or from another model; remove {final.parent} or train elsewhere"
        )
    print(f"{final} is already there, trained with this very config, seed and data")
    return True


def run_training(
    task: Task,
    config,
    directory: Path,
    identity: str,
    device: torch.device,
    write_results: Callable[[dict[str, torch.Tensor], dict], None],
) -> int | None:
    """Train as `config.training`, a TrainSettings, says, on each rank; rank 0 writes the resolved config first, and the results last.

    `write_results` gets the final weights, to write final.pt, and what training took: figures for info.json. Returns the exit
    status, the same on all ranks: that of a stop signal where one came.
    """
    if rank() == 0:
        with atomic_write(directory / "config.yaml") as out:
            out.write(dump_yaml(config))
    try:
        weights = train(task, config.training, directory, identity, device)
    except Interrupted as stop:
        if rank() == 0:
            print(stop, file=sys.stderr)
        return stop.exit_code
    if rank() == 0:
        position = checkpoint.load(directory / "checkpoint.pt")["position"]
        write_results(weights, _cost(position, device))
        print(f"trained {position['update']} updates in {position['seconds']:.0f} s; the model is {directory / 'final.pt'}")
    return None


def _cost(position: dict, device: torch.device) -> dict:
    return {
        "updates": position["update"],
        "training_seconds": round(position["seconds"], 1),
        "training_cpu_seconds": round(position["cpu_seconds"], 1),
        "training_threads": torch.get_num_threads(),
        "training_ranks": world_size(),
        "device": device.type,
    }
