"""Pictures of attention: the heads of an utterance under its waveform, and the entropies of all heads of several systems."""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from cortado.files import atomic_write
from cortado.report.attention import SystemEntropies, entropy
from cortado.report.det import COLOURS

_MOST_COLUMNS = 2000  # a plot has fewer pixels, audio may have millions of samples
_HEADS_HEIGHT = 20.0  # inches, shared by many heads


@dataclass(frozen=True)
class Utterance:
    """What is drawn above the heads; times are seconds from its beginning.

    features: (num_features, dim), which cover `span`; samples: (num_samples,) over the whole `duration`, or None.
    """

    features: np.ndarray
    span: tuple[float, float]
    samples: np.ndarray | None
    duration: float


def plot_attention(utterance: Utterance, attention: np.ndarray, edges: np.ndarray, title: str, path: str | Path) -> None:
    """Waveform (where there is one), features, and each head's weights over the same time, as a PNG.

    attention: (heads, frames); edges: (frames + 1,), the seconds between which those frames lie.
    """
    num_heads, above = len(attention), 1 if utterance.samples is None else 2
    head_height = min(0.8, _HEADS_HEIGHT / num_heads)
    figure = Figure(figsize=(10, 1.1 + 1.1 * above + head_height * num_heads), layout="constrained")
    panels = figure.subplots(above + num_heads, height_ratios=[1.1] * above + [head_height] * num_heads, sharex=True)
    if utterance.samples is not None:
        _draw_waveform(panels[0], utterance.samples, utterance.duration)
    _draw_features(panels[above - 1], utterance.features, utterance.span)
    entropies = entropy(torch.from_numpy(attention)).tolist()
    for number, (axes, weights) in enumerate(zip(panels[above:], attention, strict=True), 1):
        _draw_head(axes, weights, edges)
        share = f" = {100 * entropies[number - 1] / np.log(len(weights)):.0f} % of log T" if len(weights) > 1 else ""
        _name(axes, f"head {number}\nE {entropies[number - 1]:.2f}{share}")
    panels[-1].set(xlim=(0, utterance.duration), xlabel="time / s")
    figure.suptitle(title, fontsize="medium", parse_math=False)
    _save(figure, path)


def _draw_waveform(axes, samples: np.ndarray, duration: float) -> None:
    """Highest and lowest sample of each column."""
    num_columns = min(_MOST_COLUMNS, len(samples))
    starts = np.arange(num_columns) * len(samples) // num_columns
    low, high = np.minimum.reduceat(samples, starts), np.maximum.reduceat(samples, starts)
    axes.fill_between((np.arange(num_columns) + 0.5) * duration / num_columns, low, high, color="0.35", linewidth=0.5)
    axes.set_yticks([])
    _name(axes, "waveform")


def _draw_features(axes, features: np.ndarray, span: tuple[float, float]) -> None:
    extent = (*span, -0.5, features.shape[1] - 0.5)
    axes.imshow(features.T, extent=extent, aspect="auto", origin="lower", interpolation="nearest", cmap="magma")
    axes.tick_params(axis="y", labelsize="x-small")
    _name(axes, "features")


def _draw_head(axes, weights: np.ndarray, edges: np.ndarray) -> None:
    """The weights as steps, filled; what a head that averages would have, 1/T, dashed."""
    highest = weights.max()
    axes.stairs(weights, edges, fill=True, color=COLOURS[0])
    axes.axhline(1 / len(weights), color=COLOURS[1], linestyle="--", linewidth=0.8)
    axes.set_ylim(0, 1.1 * highest)
    axes.set_yticks([highest], [f"{highest:.2g}"], fontsize="x-small")


def _name(axes, text: str) -> None:
    """On the right, where it hides nothing and all panels keep one width."""
    axes.annotate(text, (1.01, 0.5), xycoords="axes fraction", va="center", fontsize="small")


def plot_entropies(systems: Sequence[SystemEntropies], path: str | Path, title: str) -> None:
    """The entropies of every head over utterances: quartiles as a box, whiskers from the 2.5th to the 97.5th percentile, a point for the
    mean; a dashed line for each system's mean log T, the mean of a head that averages. A PNG."""
    num_boxes = sum(system.entropies.shape[1] for system in systems)
    figure = Figure(figsize=(min(24.0, 4 + 0.35 * num_boxes), 4.5), layout="constrained")
    axes = figure.add_subplot()
    labels: dict[int, str] = {}
    for number, system in enumerate(systems):
        first = max(labels, default=-1) + 2  # a gap between systems
        positions = range(first, first + system.entropies.shape[1])
        labels.update({position: str(head) for head, position in enumerate(positions, 1)})
        _draw_boxes(axes, system, positions, COLOURS[number % len(COLOURS)])
    axes.set_xticks(list(labels), list(labels.values()), fontsize="small")
    axes.set(xlabel="head", ylabel="entropy of attention / nats")
    axes.set_xlim(0, max(labels) + 1)
    axes.set_ylim(bottom=0)
    axes.grid(axis="y", color="0.9", linewidth=0.6)
    axes.set_axisbelow(True)
    handles = [Patch(facecolor=COLOURS[number % len(COLOURS)], label=system.name) for number, system in enumerate(systems)]
    handles.append(Line2D([], [], color="0.3", linestyle="--", label="log T (uniform)"))
    figure.legend(handles=handles, loc="outside right upper", fontsize="small")
    figure.suptitle(title, fontsize="medium", parse_math=False)
    _save(figure, path)


def _draw_boxes(axes, system: SystemEntropies, positions: range, colour: str) -> None:
    axes.boxplot(
        system.entropies,
        positions=positions,
        widths=0.7,
        whis=(2.5, 97.5),
        showfliers=False,
        showmeans=True,
        patch_artist=True,
        manage_ticks=False,
        boxprops={"facecolor": colour},
        medianprops={"color": "black"},
        meanprops={"marker": "o", "markersize": 4, "markerfacecolor": "white", "markeredgecolor": "black"},
    )
    uniform = np.log(system.num_frames).mean()
    axes.hlines(uniform, positions[0] - 0.5, positions[-1] + 0.5, color=colour, linestyle="--", linewidth=1.2)


def _save(figure: Figure, path: str | Path) -> None:
    """The same bytes for the same picture."""
    with atomic_write(path, "wb") as out, warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing")  # an utterance named in a script the font lacks
        figure.savefig(out, format="png", dpi=120, metadata={"Software": None})
