"""The four figures of a scored trial list, EER, minDCF at 0.01 and 0.05 and AUC, with intervals over speakers."""

import numpy as np

from cortado.score.bootstrap import bootstrap_intervals
from cortado.score.metrics import Point, RankedTrials, Roc, auc, eer, min_dcf
from cortado.score.result import Estimate

MARKS = {"EER": eer, "minDCF(0.01)": lambda roc: min_dcf(roc, 0.01), "minDCF(0.05)": lambda roc: min_dcf(roc, 0.05)}


def operating_points(roc: Roc) -> dict[str, Point]:
    """The points that a DET plot marks, by name."""
    return {name: find(roc) for name, find in MARKS.items()}


def measure(ranked: RankedTrials, enrol_speaker: np.ndarray, test_speaker: np.ndarray, num_draws: int) -> dict[str, Estimate]:
    """EER, minDCF and AUC as the fields of `Result` named eer, min_dcf_001, min_dcf_005 and auc.

    Speaker numbers as in `bootstrap_intervals`, which makes the 95 % intervals from `num_draws` draws.
    """
    roc = ranked.roc()
    points = [*operating_points(roc).values(), None]
    values = _values(roc)
    low, high = bootstrap_intervals(ranked, enrol_speaker, test_speaker, _values, num_draws)
    thresholds = [None if point is None or np.isinf(point.threshold) else point.threshold for point in points]
    estimates = [Estimate(*map(float, row), threshold) for *row, threshold in zip(values, low, high, thresholds, strict=True)]
    return dict(zip(("eer", "min_dcf_001", "min_dcf_005", "auc"), estimates, strict=True))


def _values(roc: Roc) -> np.ndarray:
    return np.array([*(find(roc).value for find in MARKS.values()), auc(roc)])
