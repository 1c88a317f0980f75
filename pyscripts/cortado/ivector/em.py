"""EM as a run: the ranks take their steps together, each iteration ends with a checkpoint, and a stopped run continues there.

The bytes of the result do not depend on how often a run was stopped or killed; with another number of ranks, sums of float64
round differently.
"""

import math
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import torch
from torch import Tensor

from cortado.distributed import all_reduce_sum, from_first, rank, say
from cortado.errors import CortadoError
from cortado.stop import STOP_SIGNALS, Interrupted
from cortado.train import checkpoint

Model = dict[str, Tensor]


@dataclass
class EmState:
    """Where a run stands. `log_likes`: per frame, of the model that each iteration began with."""

    model: Model
    iteration: int = 0
    log_likes: list[float] = field(default_factory=list)
    seconds: float = 0.0  # over all restarts
    cpu_seconds: float = 0.0  # the same, of all threads of all ranks


class Em(Protocol):
    """What `run_em` iterates. Models are tensors on the CPU, the same on all ranks."""

    def begin(self) -> Model:
        """The first model; called on rank 0 alone."""

    def step(self, model: Model, iteration: int) -> tuple[Model, float]:
        """The next model, and the log-likelihood per frame of the given one; called on all ranks. `iteration` is from 0."""


def run_em(em: Em, total: int, path: Path, identity: str, stop: list[int]) -> EmState:
    """Take `total` steps, from the beginning or from the checkpoint at `path`, which holds the last state when all is done.

    `identity` says what is trained on what. `stop` is of cortado.stop.stop_requests. The state is the same on all ranks.

    Raises Interrupted when `stop` has a signal, on all ranks after the iteration in hand and having saved; CortadoError for a
    checkpoint of another identity, and when the likelihood is not finite.
    """
    state = from_first(lambda: _restore(path, identity) or EmState(em.begin()))
    if state.iteration:
        say(f"continuing after iteration {state.iteration} of {total}")
    while state.iteration < total:
        stop_signal = _advance(em, state, stop)
        say(f"iteration {state.iteration} of {total}: {state.log_likes[-1]:.6f} log-likelihood per frame, {state.seconds:.1f} s so far")
        if rank() == 0:
            checkpoint.save(path, {"identity": identity, **vars(state)})
        if stop_signal is not None:
            raise Interrupted(stop_signal, f"{path.stem}, iteration {state.iteration} of {total}")
    return state


def _advance(em: Em, state: EmState, stop: list[int]) -> int | None:
    """One iteration; the stop signal that any rank has received until its end."""
    started, cpu_started = time.perf_counter(), time.process_time()
    state.model, log_like = em.step(state.model, state.iteration)
    flags = [number in stop for number in STOP_SIGNALS]
    cpu_seconds, *flags = all_reduce_sum(torch.tensor([time.process_time() - cpu_started, *flags], dtype=torch.float64)).tolist()
    state.iteration += 1
    state.log_likes.append(log_like)
    state.seconds += time.perf_counter() - started
    state.cpu_seconds += cpu_seconds
    if not math.isfinite(log_like):
        raise CortadoError(f"the log-likelihood is {log_like} in iteration {state.iteration}; raise the floor of the variances")
    return next((number for number, flag in zip(STOP_SIGNALS, flags, strict=True) if flag), None)


def _restore(path: Path, identity: str) -> EmState | None:
    if not path.exists():
        return None
    content = checkpoint.load(path)
    if content.pop("identity") != identity:
        raise CortadoError(f"{path} is of a run with another config, seed or data; train into another directory or remove this one first")
    return EmState(**content)
