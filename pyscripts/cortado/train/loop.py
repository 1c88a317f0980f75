"""The training loop of all three lines: exact, resumable at any instant, and ignorant of what it trains.

A run is a pure function of its seed, config and data. Batches are functions of their number, checkpoints hold the rest
(weights, optimiser, schedule, random states), so a run that is stopped or killed and started again ends with the same
weights as one that was left alone, bit for bit on a CPU with the same number of threads and ranks.

Inside `distributed.ranks` each rank takes its share of every batch, and the weights are those that one process would
compute on the whole batches, but for rounding and for the random numbers of dropout. All ranks hold the same weights;
rank 0 alone prints and writes.
"""

import math
import resource
import time
from abc import ABC, abstractmethod
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn

from cortado.distributed import all_reduce_sum, from_first, gather, is_distributed, rank, say, world_size
from cortado.errors import CortadoError
from cortado.stop import STOP_SIGNALS, Interrupted, stop_requests
from cortado.train import checkpoint, random_state
from cortado.train.console import Console
from cortado.train.loader import prefetch
from cortado.train.optim import Schedule, make_optimiser
from cortado.train.parallel import parallel_loss
from cortado.train.records import Records
from cortado.train.settings import TrainSettings


class Task(ABC):
    """What a line of research brings to the loop."""

    model: nn.Module  # all that is trained, the loss's own weights included
    batches_per_epoch: int

    @abstractmethod
    def batch(self, number: int):
        """This rank's equal share of batch `number` (from 0, across epochs) on the CPU: a pure function, called on loader threads."""

    @abstractmethod
    def largest_batch(self):
        """A rank's share of a batch of the largest shape that can occur, for the memory pass."""

    @abstractmethod
    def loss(self, batch, progress: float) -> tuple[Tensor, dict[str, Tensor]]:
        """The mean loss of a batch and figures to record; `progress` is 0 at the first update and 1 at the last."""

    def validate(self) -> dict[str, float]:
        """Figures on held-out data after an epoch, with "loss" among them, the same on all ranks; empty when there is none."""
        return {}


@dataclass
class Position:
    """Where a run stands, beside its weights; kept in every checkpoint."""

    update: int = 0  # updates done
    seconds: float = 0.0  # spent training, over all restarts
    cpu_seconds: float = 0.0  # the same, of all threads of all ranks: what it costs on a machine that others use as well
    epoch_loss: float = 0.0  # sum over the updates of the running epoch
    best_loss: float = float("inf")
    best_epoch: int = 0


def train(task: Task, settings: TrainSettings, directory: Path, identity: str, device: str | torch.device = "cpu") -> dict[str, Tensor]:
    """Train `task` and return the final weights: the mean over the last `settings.average` epochs (up to the best one
    where early stopping is on). Ranks other than 0 return nothing.

    Checkpoints, records and per-epoch weights go to `directory`; a run found there is continued. `identity` says what is
    being trained (config and data): a run with another identity in `directory` is an error. `device` is this rank's.

    Raises Interrupted on SIGTERM, SIGINT or SIGUSR1, on all ranks after the same update and having saved; ConfigError when
    batches cannot be divided among the ranks; CortadoError when the loss is no longer finite or memory does not suffice.
    """
    run = _Run(task, settings, directory, identity, torch.device(device))
    run.restore()
    run.memory_pass()
    with stop_requests() as stop:
        run.train_epochs(stop)
    return run.final_weights() if rank() == 0 else {}


class _Run:
    def __init__(self, task: Task, settings: TrainSettings, directory: Path, identity: str, device: torch.device):
        settings.rows_of_a_rank()  # raises ConfigError
        self.task, self.settings, self.directory, self.identity, self.device = task, settings, directory, identity, device
        task.model.to(device)
        self.loss = parallel_loss(task.model, task.loss) if is_distributed() else task.loss
        self.updates_per_epoch = max(1, task.batches_per_epoch // settings.accumulate)
        self.total = self.updates_per_epoch * settings.epochs
        self.optimiser = make_optimiser(task.model, settings.optimiser)
        self.schedule = Schedule(settings.schedule, self.updates_per_epoch, settings.epochs)
        self.scaler = torch.amp.GradScaler(device.type, enabled=settings.precision == "float16")
        self.position = Position()
        self.listeners: list[Records | Console] = []
        directory.mkdir(parents=True, exist_ok=True)

    @property
    def checkpoint_path(self) -> Path:
        return self.directory / "checkpoint.pt"

    def epoch_path(self, epoch: int) -> Path:
        return self.directory / f"epoch-{epoch:04d}.pt"

    # -- state ------------------------------------------------------------------------------------------------------

    def save(self) -> None:
        random_states = gather(random_state.capture(self.device))
        if rank() != 0:
            return
        content = {
            "identity": self.identity,
            "model": self.task.model.state_dict(),
            "optimiser": self.optimiser.state_dict(),
            "scaler": self.scaler.state_dict(),
            "schedule": self.schedule.state,
            "position": vars(self.position),
            "random_states": random_states,
        }
        checkpoint.save(self.checkpoint_path, content)

    def saved(self) -> dict | None:
        """The last checkpoint, if there is one, of this very run."""
        if not self.checkpoint_path.exists():
            return None
        content = checkpoint.load(self.checkpoint_path)
        if content["identity"] != self.identity:
            raise CortadoError(
                f"{self.directory} holds a run with another config or other data; train into another directory or remove this one first"
            )
        return content

    def restore(self) -> None:
        """Continue where the last checkpoint stands, or begin."""
        content = from_first(self.saved)
        if content is None:
            if is_distributed():
                random_state.seed_rank(self.identity, update=0)
            return
        self.task.model.load_state_dict(content["model"])
        self.optimiser.load_state_dict(content["optimiser"])
        self.scaler.load_state_dict(content["scaler"])
        self.schedule.state = content["schedule"]
        self.position = Position(**content["position"])
        say(f"continuing after update {self.position.update} of {self.total}")
        if len(content["random_states"]) == world_size():
            random_state.restore(content["random_states"][rank()], self.device)
        else:
            random_state.seed_rank(self.identity, self.position.update)
            say(f"{len(content['random_states'])} ranks until now, {world_size()} from here on: with new random numbers for dropout")

    # -- work -------------------------------------------------------------------------------------------------------

    def memory_pass(self) -> None:
        """One forward and backward pass over the largest batch, so that lack of memory shows now and not in hours.

        Each start makes it, a continued run's too: DistributedDataParallel arranges gradients in the order of its first pass,
        and a sum over ranks has other bits in another arrangement.
        """
        model, random_states = self.task.model, random_state.capture(self.device)
        buffers = {name: b.clone() for name, b in model.named_buffers()}
        try:
            model.train()
            with self.autocast():
                loss, _ = self.loss(self.to_device(self.task.largest_batch()), 0.0)
            loss.backward()
        except (torch.OutOfMemoryError, MemoryError) as error:
            reason = str(error).splitlines()[0]
            raise CortadoError(
                f"the largest batch does not fit in memory ({reason}); lower training.batch_size or the crop length"
            ) from None
        finally:
            model.zero_grad(set_to_none=True)
        for name, b in model.named_buffers():
            b.copy_(buffers[name])
        random_state.restore(random_states, self.device)
        if self.device.type == "cuda":
            peak = torch.cuda.max_memory_allocated()
        else:
            peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
        say(f"the largest batch fits: {peak / 2**30:.2f} GiB at its peak")

    def train_epochs(self, stop: list[int]) -> None:
        position = self.position
        if rank() == 0:
            self.listeners = [Records(self.directory, position.update), Console(position.update, self.total, self.updates_per_epoch)]
        try:
            while self.goes_on():
                stop_signal = self.train_one_epoch(stop)
                self.end_epoch()
                if stop_signal is not None and self.goes_on():
                    raise Interrupted(stop_signal, f"update {position.update}")
        finally:
            for listener in self.listeners:
                listener.close()

    def train_one_epoch(self, stop: list[int]) -> int | None:
        """Train to the end of the running epoch. The stop signal that came in its last update: an epoch is ended before a stop."""
        position, accumulate = self.position, self.settings.accumulate
        epoch_end = (position.update // self.updates_per_epoch + 1) * self.updates_per_epoch
        batches = prefetch(self.task.batch, position.update * accumulate, epoch_end * accumulate)
        self.task.model.train()
        while True:
            started, cpu_started = time.perf_counter(), time.process_time()
            group = [next(batches) for _ in range(accumulate)]
            waited = time.perf_counter() - started
            figures = self.update(group)
            stop_signal = self.share_outcome(figures, time.process_time() - cpu_started, stop)
            position.seconds += time.perf_counter() - started
            for listener in self.listeners:
                listener.end_update(position.update, figures, time.perf_counter() - started, waited)
            if position.update == epoch_end:
                return stop_signal
            if stop_signal is not None:
                batches.close()
                self.save()
                raise Interrupted(stop_signal, f"update {position.update}")
            if position.update % self.settings.checkpoint_every == 0:
                self.save()

    def update(self, batches: list) -> dict[str, float]:
        """One step of the optimiser on the mean gradient of `batches`; the figures are of this rank's rows."""
        settings, position, model = self.settings, self.position, self.task.model
        lr = self.schedule.set_lr(self.optimiser, settings.optimiser.lr, position.update)
        self.optimiser.zero_grad(set_to_none=True)
        totals: dict[str, Tensor] = {}
        for left, batch in zip(reversed(range(len(batches))), batches, strict=True):
            with self.loss.no_sync() if is_distributed() and left else nullcontext():
                with self.autocast():
                    loss, figures = self.loss(self.to_device(batch), position.update / max(1, self.total - 1))
                self.scaler.scale(loss / len(batches)).backward()
            for name, value in {"loss": loss, **figures}.items():
                totals[name] = totals.get(name, 0) + value.detach() / len(batches)
        self.scaler.unscale_(self.optimiser)
        norm = nn.utils.clip_grad_norm_(model.parameters(), settings.clip_norm or float("inf"))
        self.scaler.step(self.optimiser)
        self.scaler.update()
        return {**{name: float(value) for name, value in totals.items()}, "lr": lr, "gradient": float(norm)}

    def share_outcome(self, figures: dict[str, float], cpu_seconds: float, stop: list[int]) -> int | None:
        """Count an update, make its `figures` means over the ranks, and return the stop signal that any of them has received.

        So all ranks take the same decisions. Raises CortadoError when the loss is not finite.
        """
        flags = [number in stop for number in STOP_SIGNALS]
        sums = all_reduce_sum(torch.tensor([cpu_seconds, *flags, *figures.values()], dtype=torch.float64)).tolist()
        figures.update(zip(figures, (value / world_size() for value in sums[1 + len(flags) :]), strict=True))
        position = self.position
        position.update += 1
        position.epoch_loss += figures["loss"]
        position.cpu_seconds += sums[0]
        if not math.isfinite(figures["loss"]):
            raise CortadoError(f"the loss is {figures['loss']} at update {position.update}; lower the learning rate or set clip_norm")
        return next((number for number, flag in zip(STOP_SIGNALS, sums[1:], strict=False) if flag), None)

    def end_epoch(self) -> None:
        position = self.position
        epoch = position.update // self.updates_per_epoch
        figures = {"train_loss": position.epoch_loss / self.updates_per_epoch}
        self.task.model.eval()
        figures.update(self.task.validate())
        monitored = figures.get("loss", figures["train_loss"])
        for listener in self.listeners:
            listener.end_epoch(epoch, position.update, figures)
        self.schedule.end_epoch(monitored)
        if self.settings.patience is None or monitored < position.best_loss:
            position.best_loss, position.best_epoch = monitored, epoch
        position.epoch_loss = 0.0
        if rank() == 0:
            self.keep_weights(epoch)
        self.save()

    def keep_weights(self, epoch: int) -> None:
        """Save this epoch's weights if the final average may want them, and remove those it no longer can."""
        may_end_early = self.settings.patience is not None or self.settings.schedule.shape == "newbob"
        if may_end_early or epoch > self.settings.epochs - self.settings.average:
            checkpoint.save(self.epoch_path(epoch), self.task.model.state_dict())
        oldest_wanted = self.position.best_epoch - self.settings.average + 1
        for path in self.directory.glob("epoch-*.pt"):
            if int(path.stem.split("-")[1]) < oldest_wanted:
                path.unlink()

    def final_weights(self) -> dict[str, Tensor]:
        last = self.position.best_epoch
        epochs = range(max(1, last - self.settings.average + 1), last + 1)
        return checkpoint.average([checkpoint.load(self.epoch_path(epoch)) for epoch in epochs])

    # -- small things -----------------------------------------------------------------------------------------------

    def goes_on(self) -> bool:
        epoch, patience = self.position.update // self.updates_per_epoch, self.settings.patience
        is_patient = patience is None or epoch - self.position.best_epoch < patience
        return epoch < self.settings.epochs and is_patient and not self.schedule.is_over

    def autocast(self):
        kind = {"float32": torch.float32, "bfloat16": torch.bfloat16, "float16": torch.float16}[self.settings.precision]
        return torch.autocast(self.device.type, dtype=kind, enabled=self.settings.precision != "float32")

    def to_device(self, batch):
        if isinstance(batch, Tensor):
            return batch.to(self.device, non_blocking=True)
        return type(batch)(self.to_device(item) for item in batch)
