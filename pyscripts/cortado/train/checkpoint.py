"""Checkpoints that appear whole or not at all, hold everything a restart needs, and load with weights_only."""

import io
import pickle
from pathlib import Path

import torch

from cortado.errors import CortadoError
from cortado.files import atomic_write


def save(path: Path, content: dict) -> None:
    """Write tensors, numbers, strings and containers of these to `path` in one step. Raises CortadoError as atomic_write does."""
    whole = io.BytesIO()  # torch makes an error of its own, which names no file, of a disk that is full
    torch.save(content, whole)
    with atomic_write(path, "wb") as out:
        out.write(whole.getbuffer())


def load(path: str | Path) -> dict:
    """Read a checkpoint to the CPU; nothing in the file can run code.

    Raises CortadoError naming the file when it is missing, cut short or not a checkpoint.
    """
    try:
        with open(path, "rb") as file:
            content = file.read()
    except OSError as error:
        raise CortadoError(f"cannot read {path}: {error.strerror}") from None
    try:
        return torch.load(io.BytesIO(content), map_location="cpu", weights_only=True)
    except (RuntimeError, EOFError, pickle.UnpicklingError, KeyError, ValueError) as error:
        reason = str(error).split(". ")[0].splitlines() or ["it is cut short"]
        raise CortadoError(f"{path} is not a whole checkpoint ({reason[0]}); once it is removed, the same command makes it anew") from None


def average(states: list[dict]) -> dict:
    """The mean of several state dicts, tensor by tensor, summed in float64; counters are taken from the last one."""
    mean = dict(states[-1])
    for name, last in states[-1].items():
        if last.is_floating_point():
            mean[name] = (sum(state[name].double() for state in states) / len(states)).to(last.dtype)
    return mean
