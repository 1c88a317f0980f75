"""What a score folder holds beside its scores: the result, one line of summary, and the DET curve."""

from pathlib import Path

from cortado.files import atomic_write
from cortado.report.det import DetCurve, plot_det, write_det_points
from cortado.score.measure import operating_points
from cortado.score.metrics import Roc
from cortado.score.result import Result


def write_measures(folder: Path, roc: Roc, result: Result) -> None:
    """Write det.txt, det.png, summary and, last, result.json, so that it never stands beside another run's scores.

    The caller has removed an earlier result.json before it wrote the scores.
    """
    write_det_points(roc, folder / "det.txt")
    label = f"{result.system}, {result.label()}"
    title = f"{result.condition}{' (synthetic speech)' if result.facts.synthetic else ''}"
    plot_det([DetCurve(label, roc.miss, roc.false_alarm, operating_points(roc))], folder / "det.png", title)
    with atomic_write(folder / "summary") as out:
        out.write(result.summary() + "\n")
    result.write(folder / "result.json")
