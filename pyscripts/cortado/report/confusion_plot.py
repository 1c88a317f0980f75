"""A picture of which class was taken for which: shares of each true class as shades, the counts written in."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from cortado.files import atomic_write

MOST_WRITTEN = 25  # classes up to which there is room for the counts
_INCHES, _INCHES_OF_MANY = 0.42, 0.22  # of a cell, with its count and without


def plot_confusions(panels: Mapping[str, np.ndarray], classes: Sequence[str], title: str, path: str | Path) -> None:
    """Draw matrices of counts, (num_classes, num_classes), true classes in rows, side by side under their names, into one PNG.

    The same bytes for the same counts.
    """
    side = max(2.6, len(classes) * (_INCHES if len(classes) <= MOST_WRITTEN else _INCHES_OF_MANY))
    figure = Figure(figsize=((side + 1.3) * len(panels) + 0.9, side + 1.7), layout="constrained")
    all_axes = figure.subplots(1, len(panels), squeeze=False)[0]
    for axes, (name, counts) in zip(all_axes, panels.items(), strict=True):
        image = _draw(axes, counts, classes)
        axes.set_title(name, fontsize="medium")
    figure.colorbar(image, ax=list(all_axes), label="share of the true class / %", shrink=0.85)
    figure.suptitle(title, fontsize="medium", parse_math=False, wrap=True)
    with atomic_write(path, "wb") as out:
        figure.savefig(out, format="png", dpi=120, metadata={"Software": None})


def _draw(axes, counts: np.ndarray, classes: Sequence[str]):
    """One matrix; returns its image."""
    shares = 100 * counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    image = axes.imshow(shares, cmap="Blues", vmin=0, vmax=100)
    axes.set_xticks(range(len(classes)), classes, rotation=90)
    axes.set_yticks(range(len(classes)), classes)
    axes.tick_params(length=0)
    axes.set_xlabel("taken for")
    axes.set_ylabel("is")
    if len(classes) <= MOST_WRITTEN:
        for row, column in np.argwhere(counts):
            colour = "white" if shares[row, column] > 60 else "black"
            axes.text(column, row, f"{counts[row, column]}", ha="center", va="center", fontsize="x-small", color=colour)
    return image
