"""Trained lip readers as their folders describe them: network, its cost, losses and word error rate."""

import inspect
import json
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import torch

from cortado.config import ClassSpec, load_config, read_yaml
from cortado.errors import DataError
from cortado.nn.cost import multiply_accumulates
from cortado.nn.visual.cost import IN_CHANNELS, macs_in_paper, stored_mebibytes
from cortado.score.word_result import WordResult, read_word_result
from cortado.train import checkpoint
from cortado.train.lips import LipConfig
from cortado.train.token_targets import TokenTargets

NUM_FRAMES = 4  # counted; the cost of a frame does not depend on it


@dataclass(frozen=True)
class VisualCost:
    """Of a visual module. macs: multiply-accumulates a frame, in the counting of nn.visual.cost, and of all that is built."""

    mebibytes: float
    macs_in_paper: int
    macs_as_built: int


@dataclass(frozen=True)
class Losses:
    """Means over the targets, of the epoch whose weights are kept; held_out None where none were measured."""

    training: float
    held_out: float | None


@dataclass(frozen=True)
class VisualRun:
    """One training: `network` names the visual module, its omega where it has one, and CTC."""

    folder: str
    network: str
    omega: float | None
    width: int
    cost: VisualCost
    losses: Losses
    result: WordResult


def find_visual_runs(exp_dirs: Iterable[Path], condition: str, systems: Collection[str] = ()) -> tuple[list[VisualRun], list[Path]]:
    """The lip readers in `exp_dirs` that were scored on `condition`, of `systems` if any are named; the folders of those not scored.

    Raises DataError where there is none, and for files that training or scoring did not write.
    """
    runs, without = [], []
    for folder in _lip_readers(exp_dirs):
        results = [read_word_result(path) for path in sorted(folder.glob("*/result.json"))]
        of_condition = [result for result in results if result.condition == condition]
        if len(of_condition) > 1:
            raise DataError(folder, f"has {len(of_condition)} decodings of condition '{condition}'")
        if not of_condition:
            without.append(folder)
        elif not systems or of_condition[0].system in systems:
            runs.append(_read_run(folder, of_condition[0]))
    if not runs:
        wanted = f" of {' or '.join(systems)}" if systems else ""
        raise DataError(" ".join(map(str, exp_dirs)), f"has no lip reader{wanted} that was scored on condition '{condition}'")
    return runs, without


def _lip_readers(exp_dirs: Iterable[Path]) -> Iterator[Path]:
    """The folders of finished networks with a visual module; HMMs have a config.yaml too."""
    for exp in exp_dirs:
        for final in sorted(exp.glob("*/final.pt")):
            if "visual" in read_yaml(final.with_name("config.yaml")):
                yield final.parent


def _read_run(folder: Path, result: WordResult) -> VisualRun:
    config = load_config(LipConfig, folder / "config.yaml")
    frame_shape = checkpoint.load(folder / "final.pt")["frame_shape"]
    arguments = _arguments(config.visual)
    omega = arguments.get("omega")
    return VisualRun(
        folder=str(folder),
        network=network_name(config, omega),
        omega=omega,
        width=arguments["width"],
        cost=visual_cost(config, in_channels=frame_shape[0] if len(frame_shape) == 3 else 1),
        losses=read_losses(folder / "train.jsonl", best=config.training.patience is not None),
        result=result,
    )


def network_name(config: LipConfig, omega: float | None) -> str:
    """'P3DA', 'StiRes3D (omega 2)' or 'ResNet18, CTC'."""
    name = config.visual.load().__name__
    if omega is not None:
        name += f" (omega {omega:g})"
    return f"{name}, CTC" if issubclass(config.targets.load(), TokenTargets) else name


def visual_cost(config: LipConfig, in_channels: int) -> VisualCost:
    """Counted on the network itself, of which no weights are made."""
    side = config.pixels.size // config.pixels.shrink
    with torch.device("meta"):
        network = config.visual.build(in_channels=in_channels)
        built = multiply_accumulates(network, torch.empty(1, NUM_FRAMES, in_channels, side, side)) // NUM_FRAMES
        return VisualCost(stored_mebibytes(network), macs_in_paper(config.visual.build(in_channels=IN_CHANNELS)), built)


def read_losses(path: Path, best: bool) -> Losses:
    """Of the last epoch in a train.jsonl, or of that with the lowest held-out loss if `best`. Raises DataError."""
    try:
        lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    except (OSError, ValueError) as error:
        raise DataError(path, f"cannot be read: {error}") from None
    epochs = [line for line in lines if line["kind"] == "valid"]
    if not epochs:
        raise DataError(path, "has no line of kind valid, which training writes after each epoch")
    kept = min(epochs, key=lambda line: line["loss"]) if best else epochs[-1]
    return Losses(kept["train_loss"], kept.get("loss"))


def _arguments(spec: ClassSpec) -> dict:
    """What the class is built with, defaults included."""
    defaults = {name: parameter.default for name, parameter in inspect.signature(spec.load()).parameters.items()}
    return {**defaults, **spec.arguments}
