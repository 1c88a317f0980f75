"""Word error rate and cost of StiRes3D over omega, the factor by which its heavy paths are wider.

J. Zeng, J. Du, Z. Wang, "HMM-based lip reading with stingy residual 3D convolution", figure 3.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from cortado.files import atomic_write
from cortado.score.wer import Interval

COLOUR = "#0072b2"


class OmegaPoint(NamedTuple):
    """wer: fractions; macs: multiply-accumulates a frame."""

    omega: float
    wer: Interval
    macs: int
    mebibytes: float


def plot_omegas(points: Sequence[OmegaPoint], path: str | Path, title: str) -> None:
    """Draw the points, by omega, into one PNG, written atomically: the same bytes for the same points."""
    from matplotlib.figure import Figure  # slow to import; a command that stops at bad input need not wait for it

    omegas = [point.omega for point in points]
    wers = [point.wer for point in points]
    errors = [[100 * (wer.value - wer.low) for wer in wers], [100 * (wer.high - wer.value) for wer in wers]]
    figure = Figure(figsize=(9.6, 3.4), layout="constrained")
    of_wer, of_macs, of_memory = figure.subplots(1, 3)
    of_wer.errorbar(omegas, [100 * wer.value for wer in wers], yerr=errors, fmt="o-", color=COLOUR, capsize=3, linewidth=1.2)
    of_macs.plot(omegas, [point.macs / 1e6 for point in points], "o-", color=COLOUR, linewidth=1.2)
    of_memory.plot(omegas, [point.mebibytes for point in points], "o-", color=COLOUR, linewidth=1.2)
    figure.suptitle(title, fontsize="medium")
    labels = {of_wer: "WER / %, with 95 % interval", of_macs: "visual module, MMAC a frame", of_memory: "visual module, MiB"}
    for axes, label in labels.items():
        axes.set_ylabel(label)
        axes.set_xlabel("omega")
        axes.set_xticks(omegas, [f"{omega:g}" for omega in omegas])
        axes.grid(color="0.9", linewidth=0.6)
        axes.set_axisbelow(True)
    for axes in (of_macs, of_memory):
        axes.set_ylim(bottom=0)
    with atomic_write(path, "wb") as out:
        figure.savefig(out, format="png", dpi=120, metadata={"Software": None})
