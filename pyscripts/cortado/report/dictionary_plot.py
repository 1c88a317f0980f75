"""A picture of a singer's dictionary: each motif as a small contour, with how often it is sung."""

import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from cortado.motifs.contour import CENTS, segment_times
from cortado.motifs.dictionary import Motif
from cortado.report.motif_plot import pattern_label, save_png

MOST_MOTIFS = 30
_COLUMNS = 6
_INCHES = (2.1, 1.6)  # of a small contour
_MOST_CHARACTERS = 30  # of a title
_MOST_LINES = 40  # of occurrences of one motif; more would only be darker


def plot_dictionary(motifs: Sequence[tuple[Motif, Sequence[np.ndarray]]], title: str, path: str | Path) -> None:
    """Write a PNG with a small picture of each motif: its occurrences in grey, and the one of median length in colour.

    With each motif come its occurrences: rows (num_segments, 4) of contours, see contour.make_contour. Time and cents begin at 0 with
    each occurrence; cents have the same axis in all pictures, time has its own in each.
    """
    num_rows = math.ceil(len(motifs) / _COLUMNS)
    size = _COLUMNS * _INCHES[0], num_rows * _INCHES[1] + 0.9
    figure = Figure(figsize=size, layout="constrained")
    grid = figure.subplots(num_rows, _COLUMNS, sharey=True, squeeze=False)
    for axes in grid.flat[len(motifs) :]:
        axes.axis("off")
    for axes, (motif, occurrences) in zip(grid.flat, motifs, strict=False):
        _draw_motif(axes, motif, occurrences)
    figure.suptitle(title, fontsize="medium", parse_math=False)
    figure.supxlabel("time / s", fontsize="small")
    figure.supylabel("cents above the first segment", fontsize="small")
    save_png(figure, path)


def staircase(contour: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Times in seconds and cents, both (2 * num_segments,), of a line along the segments, from 0 and 0 on."""
    times = segment_times(contour).ravel()
    return times - times[0], np.repeat(contour[:, CENTS] - contour[0, CENTS], 2)


def shorten(symbols: str, most: int) -> str:
    """The first symbols of a motif, as many as fit into `most` characters with the number of all of them behind."""
    if len(symbols) <= most:
        return symbols
    number = f"… ({symbols.count(',') + 1})"
    return symbols[: symbols.rindex(",", 0, most - len(number)) + 1] + number


def _draw_motif(axes, motif: Motif, occurrences: Sequence[np.ndarray]) -> None:
    lines = sorted(map(staircase, occurrences), key=lambda line: line[0][-1])
    for line in lines[:: max(1, math.ceil(len(lines) / _MOST_LINES))]:
        axes.plot(*line, color="0.75", linewidth=0.7)
    if lines:
        axes.plot(*lines[len(lines) // 2], color="tab:blue", linewidth=2)
    symbols = shorten(pattern_label(motif.pattern), _MOST_CHARACTERS)
    axes.set_title(f"{symbols}\n{motif.num_occurrences} times, support {motif.support}", fontsize="x-small", parse_math=False)
    axes.locator_params(axis="x", nbins=3)
    axes.tick_params(labelsize="x-small")
    axes.grid(alpha=0.3)
