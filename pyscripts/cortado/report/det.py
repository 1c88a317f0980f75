"""Detection error trade-off plots: miss rate against false alarm rate, both on axes in which Gaussian scores give a line.

A. Martin et al., "The DET curve in assessment of detection task performance", Eurospeech 1997.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import scipy

from cortado.errors import DataError
from cortado.files import atomic_write
from cortado.score.metrics import Point, Roc

TICKS = np.array([0.0001, 0.001, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 0.95])
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00", "#000000", "#f0e442")  # Okabe and Ito: colour-blind safe
STYLES = ("-", "--", "-.", ":")
MARKERS = "osD^v"
MOST_INSIDE = 10  # labels for which there is room below the curves


@dataclass(frozen=True)
class DetCurve:
    """A labelled curve: rates as fractions, (num_points,) each, and operating points to mark, by name.

    Curves of one label share a colour and one legend entry: the training seeds of a system.
    """

    label: str
    miss: np.ndarray
    false_alarm: np.ndarray
    marks: dict[str, Point]


def thin(roc: Roc, cells: int = 400) -> Roc:
    """The ROC with the points that a plot of `cells` x `cells` could not tell from their neighbours left out; ends kept."""
    grid = np.round(cells / 8 * scipy.special.ndtri(np.clip([roc.miss, roc.false_alarm], 3e-5, 1 - 3e-5)))
    keep = np.append(True, np.any(np.diff(grid) != 0, axis=0))
    keep[-1] = True
    return Roc(roc.thresholds[keep], roc.miss[keep], roc.false_alarm[keep])


def write_det_points(roc: Roc, path: str | Path) -> None:
    """Write a thinned ROC as text, one operating point a line: false alarm rate, miss rate, threshold. Atomic."""
    roc = thin(roc)
    with atomic_write(path) as out:
        out.writelines(f"{f:.8f} {m:.8f} {t:.6f}\n" for f, m, t in zip(roc.false_alarm, roc.miss, roc.thresholds, strict=True))


def read_det_points(path: str | Path) -> tuple[np.ndarray, np.ndarray]:
    """Miss and false alarm rates, (num_points,) each, of a file of `write_det_points`. Raises DataError if it is none."""
    try:
        points = np.loadtxt(path, ndmin=2)
    except (OSError, ValueError) as error:
        raise DataError(path, f"cannot be read as DET points: {error}") from None
    if points.shape[0] < 2 or points.shape[1] != 3:
        raise DataError(path, "expected lines of false alarm rate, miss rate and threshold")
    return points[:, 1], points[:, 0]


def plot_det(curves: Sequence[DetCurve], path: str | Path, title: str) -> None:
    """Draw all curves into one PNG, written atomically, the same bytes for the same curves."""
    from matplotlib.figure import Figure  # slow to import; a command that stops at bad input need not wait for it

    labels = list(dict.fromkeys(curve.label for curve in curves))
    is_beside = len(labels) > MOST_INSIDE
    figure = Figure(figsize=(11.0, max(6.4, 0.21 * len(labels))) if is_beside else (6.4, 6.4), layout="constrained")
    axes = figure.add_subplot(aspect="equal", anchor="N")
    low, high = _limits(curves)
    axes.plot(scipy.special.ndtri([low, high]), scipy.special.ndtri([low, high]), color="0.8", linewidth=0.8)
    for curve in curves:
        _draw(axes, curve, *_look(labels.index(curve.label)), low, high)
    _set_axes(axes, low, high, title)
    legend = _legend(labels, list(dict.fromkeys(name for curve in curves for name in curve.marks)))
    if is_beside:
        figure.legend(handles=legend, loc="outside right upper", fontsize="small")
    else:
        axes.legend(handles=legend, loc="lower left", fontsize="small")
    with atomic_write(path, "wb") as out:
        figure.savefig(out, format="png", dpi=120, metadata={"Software": None})


def _limits(curves: Sequence[DetCurve]) -> tuple[float, float]:
    """One range for both axes: the ticks that hold the curves' smallest rates above 0, but not the far ends of the errors."""
    rates = np.concatenate([rate for curve in curves for rate in (curve.miss, curve.false_alarm)])
    marked = [rate for curve in curves for point in curve.marks.values() for rate in (point.miss, point.false_alarm)]
    low = TICKS[max(0, np.searchsorted(TICKS, min(0.05, rates[rates > 0].min()), side="right") - 1)]
    high = TICKS[min(len(TICKS) - 1, np.searchsorted(TICKS, max(0.4, *marked)))]
    return float(low), float(high)


def _look(number: int) -> tuple[str, str]:
    """Colour and line style of the label with this number."""
    return COLOURS[number % len(COLOURS)], STYLES[number // len(COLOURS) % len(STYLES)]


def _draw(axes, curve: DetCurve, colour: str, style: str, low: float, high: float) -> None:
    axes.plot(_probit(curve.false_alarm, low), _probit(curve.miss, low), style, color=colour, linewidth=1.2)
    for point, marker in zip(curve.marks.values(), MARKERS, strict=False):
        # a point off the plot, such as minDCF of a useless system, which rejects all, is put on the edge
        x, y = scipy.special.ndtri(np.clip([point.false_alarm, point.miss], low, high))
        axes.plot(x, y, marker, color=colour, markersize=6, markerfacecolor="white", clip_on=False)


def _legend(labels: Sequence[str], marks: Sequence[str]) -> list:
    """What a legend explains: a line for each label, a point for each kind of mark."""
    from matplotlib.lines import Line2D

    looks = [_look(number) for number in range(len(labels))]
    lines = [Line2D([], [], color=colour, linestyle=style, label=label) for (colour, style), label in zip(looks, labels, strict=True)]
    points = [
        Line2D([], [], linestyle="", marker=marker, color="0.3", markerfacecolor="white", label=name)
        for name, marker in zip(marks, MARKERS, strict=False)
    ]
    return lines + points


def _probit(rates: np.ndarray, low: float) -> np.ndarray:
    """Position on the axis; a rate of 0, infinitely far away, is put on its edge."""
    return scipy.special.ndtri(np.clip(rates, low, 1 - 1e-6))


def _set_axes(axes, low: float, high: float, title: str) -> None:
    ticks = TICKS[(low <= TICKS) & (high >= TICKS)]
    for axis, limit in ((axes.xaxis, axes.set_xlim), (axes.yaxis, axes.set_ylim)):
        axis.set_ticks(scipy.special.ndtri(ticks), [f"{100 * tick:g}" for tick in ticks])
        limit(scipy.special.ndtri(low), scipy.special.ndtri(high))
    axes.set_aspect("equal")
    axes.grid(color="0.9", linewidth=0.6)
    axes.set_axisbelow(True)
    axes.set_xlabel("false alarm rate / %")
    axes.set_ylabel("miss rate / %")
    axes.set_title(title, fontsize="medium")
