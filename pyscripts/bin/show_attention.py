#!/usr/bin/env python3
"""Show where the attention heads of trained models look: how widely, as a table of entropies, and where, over the waveform.

Usage: utils/show_attention.sh [options] <exp-dir> [<exp-dir> ...] <data-dir> <out-dir>

Takes final.pt of each experiment and the features of the data directory (feats.scp, utt2num_frames, frame_shift). The entropy of a head
on an utterance of T encoder frames is E = -sum a log a: log T if it looks at all alike, 0 if at one alone. Writes into <out-dir>

  entropies.tsv, entropies.json  each head's mean, standard deviation and 95 % interval of the mean over utterances, the mean log T,
                                 and the one as a fraction of the other; "all" is the mean of the heads. Also printed.
  entropies.png                  the same as a plot: quartiles, 2.5th and 97.5th percentile, and mean of each head over utterances
  <system>/<utterance>.png       the weights of each head over time, below the waveform (where there is a wav.scp) and the features

A frame of the encoder is drawn at the middle of the features that it is made of, a stride wide; 1/T is dashed.

Example:
  utils/show_attention.sh --utt id10270-00001 exp/global_heads exp/multi_resolution data/test exp/attention
"""

import os
from collections.abc import Collection
from dataclasses import asdict, fields
from pathlib import Path

import numpy as np
import torch

from cortado.ark.display import align
from cortado.command import command_line, make_parser, progress, run
from cortado.datadir import DataDir, audio
from cortado.datadir.lengths import read_lengths
from cortado.errors import ConfigError, CortadoError, DataError
from cortado.feats.batches import plan_batches, read_batch, read_features
from cortado.files import atomic_write, file_digest, write_json
from cortado.nn import EmbeddingNetwork
from cortado.report.attention import (
    FrameGrid,
    HeadEntropy,
    SystemEntropies,
    attend,
    entropy,
    feature_span,
    head_entropies,
    require_attention,
)
from cortado.report.attention_plot import Utterance, plot_attention, plot_entropies
from cortado.score.result import Version, code_version
from cortado.train.model_file import load_network

FORMAT = "cortado attention entropies 1"
COLUMNS = ("system", *(field.name for field in fields(HeadEntropy)))


def main() -> None:
    args = parse_arguments()
    systems = {name: AttentiveSystem(exp / "final.pt", args.device) for name, exp in name_systems(args.exp_dirs).items()}
    feat_dim = common_feat_dim(list(systems.values()))
    data_dir = DataDir(args.data_dir)
    shown = args.utt or evenly_spaced(sorted(data_dir.feats_scp), args.num_plots)
    utterances = {utt: read_utterance(data_dir, utt, feat_dim) for utt in shown}  # before the long part, as it may fail
    measured = []
    for name, system in systems.items():
        entropies, attention = system.measure(name, data_dir, args.frames_per_batch, utterances.keys())
        measured.append(entropies)
        for utt, weights in attention.items():
            edges = system.edges(weights.shape[1], utterances[utt])
            plot_attention(utterances[utt], weights, edges, f"{utt}: {name}", Path(args.out_dir, name, f"{utt}.png"))
    report(args, systems, measured)


def parse_arguments():
    parser = make_parser(__doc__)
    parser.add_argument("--utt", action="append", metavar="UTTERANCE", help="draw this utterance, repeatable")
    parser.add_argument("--num-plots", type=int, default=3, metavar="N", help="without --utt: draw N, evenly spaced (default 3)")
    parser.add_argument("--frames-per-batch", type=int, default=20000, help="bounds memory (default 20000)")
    parser.add_argument("--device", default="cpu", help="cpu or cuda (default cpu)")
    parser.add_argument("exp_dirs", nargs="+", type=Path, metavar="exp-dir")
    parser.add_argument("data_dir", metavar="data-dir")
    parser.add_argument("out_dir", metavar="out-dir")
    args = parser.parse_args()
    if args.num_plots < 0:
        raise ConfigError(f"--num-plots is {args.num_plots}, but must be at least 0")
    return args


def name_systems(exp_dirs: list[Path]) -> dict[str, Path]:
    """A name for each folder: its path below the nearest folder that holds them all. Raises ConfigError if one is given twice."""
    resolved = [path.resolve() for path in exp_dirs]
    common = os.path.commonpath([path.parent for path in resolved])
    systems = {os.path.relpath(path, common): given for path, given in zip(resolved, exp_dirs, strict=True)}
    if len(systems) < len(exp_dirs):
        raise ConfigError(f"{' '.join(map(str, exp_dirs))}: an experiment is given twice")
    return systems


def common_feat_dim(systems: list["AttentiveSystem"]) -> int:
    """The feature dimension that all expect. Raises CortadoError naming two that differ."""
    first = systems[0]
    for other in systems[1:]:
        if other.feat_dim != first.feat_dim:
            raise CortadoError(
                f"{first.model} was trained on {first.feat_dim} dimensions, {other.model} on {other.feat_dim}: one data directory has not both"
            )
    return first.feat_dim


def evenly_spaced(utterances: list[str], count: int) -> list[str]:
    return [utterances[number] for number in np.unique(np.linspace(0, len(utterances) - 1, count).round().astype(int))]


class AttentiveSystem:
    """A trained network whose attention can be shown; raises CortadoError for any other."""

    def __init__(self, model: Path, device: str):
        self.model, self.device = model, device
        self.network: EmbeddingNetwork
        self.network, self.feat_dim = load_network(model, device)
        require_attention(self.network, model)
        self.grid = FrameGrid.of(self.network.encoder)

    @torch.inference_mode()
    def measure(
        self, name: str, data_dir: DataDir, frames_per_batch: int, keep: Collection[str]
    ) -> tuple[SystemEntropies, dict[str, np.ndarray]]:
        """The entropies of all utterances, and the weights (heads, frames) of those in `keep`."""
        feats_scp = data_dir.feats_scp
        num_frames = dict(zip(feats_scp, map(int, read_lengths(data_dir, "utt2num_frames", feats_scp)), strict=True))
        batches = plan_batches(num_frames, frames_per_batch)
        entropies, frames, kept = [], [], {}
        for utterances in progress(batches, len(batches), "batches"):
            attention, lengths = self._attend(utterances, feats_scp)
            entropies.append(entropy(attention).numpy())
            frames.append(lengths.numpy())
            for utt, weights, length in zip(utterances, attention, lengths, strict=True):
                if utt in keep:
                    kept[utt] = weights[:, :length].numpy().copy()  # not a view, which would hold the batch
        return SystemEntropies(name, np.concatenate(entropies), np.concatenate(frames)), kept

    def edges(self, num_frames: int, utterance: Utterance) -> np.ndarray:
        """The seconds between which the encoder's frames lie, (num_frames + 1,)."""
        return self.grid.edges(num_frames, utterance.span, len(utterance.features))

    def _attend(self, utterances: list[str], feats_scp: dict[str, str]) -> tuple[torch.Tensor, torch.Tensor]:
        features, lengths = read_batch(utterances, feats_scp, self.feat_dim)
        try:
            attention, lengths = attend(self.network, features.to(self.device), lengths.to(self.device))
        except CortadoError as error:  # only a too short one is left to refuse, and the first is the shortest
            raise CortadoError(f"utterance {utterances[0]}: {error}") from None
        return attention.cpu(), lengths.cpu()


def read_utterance(data_dir: DataDir, utt: str, feat_dim: int) -> Utterance:
    """What is drawn of an utterance. Raises CortadoError naming one that is not there, or whose features and audio do not fit."""
    if utt not in data_dir.feats_scp:
        raise DataError(data_dir.path / "feats.scp", f"has no utterance {utt}")
    features = read_features(utt, data_dir.feats_scp[utt], feat_dim)
    frame_shift = read_frame_shift(data_dir)
    samples, duration = None, len(features) * frame_shift
    if data_dir.has("wav.scp"):
        samples, rate = audio.read_utterance(data_dir, utt)
        duration = len(samples) / rate
    try:
        span = feature_span(len(features), frame_shift, duration)
    except CortadoError as error:
        raise CortadoError(f"utterance {utt}: {error}; draw others (--utt) or none (--num-plots 0)") from None
    return Utterance(features, span, samples, duration)


def read_frame_shift(data_dir: DataDir) -> float:
    """Seconds. Raises DataError."""
    path = data_dir.path / "frame_shift"
    try:
        return float(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise DataError(path, "missing, or not one number: the seconds between frames, mostly 0.01; write it there") from None


def report(args, systems: dict[str, AttentiveSystem], measured: list[SystemEntropies]) -> None:
    """Print the table and write it with what made it, then the plot."""
    command, version = command_line(), code_version(Path(__file__).resolve().parent)
    heads = {system.name: head_entropies(system) for system in measured}
    num_utts = len(measured[0].num_frames)
    print(*align([COLUMNS, *table_rows(heads, "{:.3f}")], left=2), sep="\n")
    print(
        f"\nentropies in nats over {num_utts} utterances; low, high: 95 % interval of the mean; uniform: mean log T; fraction: mean / uniform"
    )
    write_tsv(Path(args.out_dir, "entropies.tsv"), heads, command, version)
    values = {
        "format": FORMAT,
        "command": command,
        "version": asdict(version),
        "data_dir": args.data_dir,
        "num_utterances": num_utts,
        "systems": [describe(name, system, heads[name]) for name, system in systems.items()],
    }
    write_json(Path(args.out_dir, "entropies.json"), values)
    plot_entropies(measured, Path(args.out_dir, "entropies.png"), f"{args.data_dir}, {num_utts} utterances")


def describe(name: str, system: AttentiveSystem, heads: list[HeadEntropy]) -> dict:
    return {
        "name": name,
        "model": str(system.model),
        "md5": file_digest(system.model),
        "pooling": type(system.network.pooling).__name__,
        "heads": [asdict(head) for head in heads],
    }


def table_rows(heads: dict[str, list[HeadEntropy]], form: str) -> list[tuple[str, ...]]:
    """A row of words for each head; '-' for what there is none of."""
    rows = []
    for name, lines in heads.items():
        for line in lines:
            head, *numbers = asdict(line).values()
            rows.append((name, head, *("-" if number is None else form.format(number) for number in numbers)))
    return rows


def write_tsv(path: Path, heads: dict[str, list[HeadEntropy]], command: str, version: Version) -> None:
    with atomic_write(path) as out:
        out.write(f"# {command}\n# commit {version.commit or 'unknown'}{', with uncommitted changes' if version.dirty else ''}\n")
        out.writelines("\t".join(row) + "\n" for row in [COLUMNS, *table_rows(heads, "{:.6f}")])


if __name__ == "__main__":
    run(main)
