"""Error rates of a verification system, exactly: every distinct score is a threshold, trials of equal score move together.

A trial is accepted when its score is at least the threshold. The *miss* rate is the share of target trials rejected,
the *false alarm* rate the share of nontarget trials accepted. All rates are fractions in [0, 1], and all costs of
computing them are one sort.
"""

from dataclasses import dataclass

import numpy as np

from cortado.errors import DataError


@dataclass(frozen=True)
class Roc:
    """The operating points from 'reject all' (threshold infinity) to 'accept all', thresholds falling.

    thresholds, miss, false_alarm: (num_distinct_scores + 1,) float64. The curve between two points is the straight line
    that deciding at random between them would give.
    """

    thresholds: np.ndarray
    miss: np.ndarray
    false_alarm: np.ndarray


@dataclass(frozen=True)
class Point:
    """A value read off a ROC, the threshold that attains it, and its operating point.

    For the EER the threshold is the highest whose false alarm rate is no lower than its miss rate.
    """

    value: float
    threshold: float
    miss: float
    false_alarm: float


class RankedTrials:
    """Trials in order of falling score: sorted once, then turned into a ROC for any weights of the trials.

    scores: (num_trials,) float, finite; is_target: (num_trials,) bool. Raises DataError (naming `where` and the trial's
    number as its line) for a score that is not finite, and unless there are both target and nontarget trials.
    """

    def __init__(self, scores: np.ndarray, is_target: np.ndarray, where: str = "trials"):
        not_finite = np.flatnonzero(~np.isfinite(scores))
        if len(not_finite):
            raise DataError(where, f"the score of this trial is {scores[not_finite[0]]}", line=int(not_finite[0]) + 1)
        if is_target.all() or not is_target.any():
            kind = "target" if is_target.any() else "nontarget"
            raise DataError(where, f"all {len(is_target)} trials are {kind} trials; error rates need both kinds")
        self.order = np.argsort(-scores)
        self.is_target = is_target[self.order]
        ranked = scores[self.order].astype(np.float64)
        self.last_of_run = np.append(np.flatnonzero(ranked[1:] != ranked[:-1]), len(ranked) - 1)
        self.thresholds = np.append(np.inf, ranked[self.last_of_run])

    def roc(self, weights: np.ndarray | None = None) -> Roc:
        """The ROC; `weights`, (num_trials,) float64 >= 0 in ranked order, count a trial that many times."""
        if weights is None:
            return roc_of_counts(self.thresholds, *self.accepted())
        accepted = np.cumsum(weights)[self.last_of_run]
        targets = np.cumsum(np.where(self.is_target, weights, 0.0))[self.last_of_run]
        return roc_of_counts(self.thresholds, targets, accepted - targets)

    def accepted(self) -> tuple[np.ndarray, np.ndarray]:
        """How many target and how many nontarget trials each threshold but infinity accepts, (num_distinct_scores,) int64 each."""
        targets = np.cumsum(self.is_target)[self.last_of_run]
        return targets, self.last_of_run + 1 - targets


def roc_of_counts(thresholds: np.ndarray, targets: np.ndarray, nontargets: np.ndarray) -> Roc:
    """The ROC from the (weighted) numbers of trials of each kind that each threshold but the first, infinity, accepts."""
    miss = np.append(1.0, (targets[-1] - targets) / targets[-1])  # not 1 - share: 1/3 must equal a false alarm rate of 1/3
    return Roc(thresholds, miss, np.append(0.0, nontargets / nontargets[-1]))


def roc_curve(scores: np.ndarray, is_target: np.ndarray) -> Roc:
    """The ROC of scores, (num_trials,), and labels, (num_trials,) bool. Raises as `RankedTrials` does."""
    return RankedTrials(scores, is_target).roc()


def eer(roc: Roc) -> Point:
    """Equal error rate: where the ROC, its points joined by straight lines, meets miss = false alarm.

    This is the interpolated ROC, not its convex hull, which would be lower or equal. Unchanged by any strictly rising
    function of the scores, and by swapping the labels and the sign of the scores.
    """
    difference = roc.false_alarm - roc.miss  # rises from -1 to 1
    after = int(np.searchsorted(difference, 0.0))
    before = after - 1
    share = -difference[before] / (difference[after] - difference[before])
    value = float(roc.miss[before] + share * (roc.miss[after] - roc.miss[before]))
    return Point(value, float(roc.thresholds[after]), value, value)


def min_dcf(roc: Roc, p_target: float, c_miss: float = 1.0, c_false_alarm: float = 1.0) -> Point:
    """Lowest detection cost over all thresholds, divided by the cost of the better of accepting all and rejecting all.

    cost = c_miss p_target miss + c_false_alarm (1 - p_target) false_alarm (NIST speaker recognition evaluations). In [0, 1].
    The highest threshold wins among equals.
    """
    weight_miss, weight_false_alarm = c_miss * p_target, c_false_alarm * (1 - p_target)
    cost = (weight_miss * roc.miss + weight_false_alarm * roc.false_alarm) / min(weight_miss, weight_false_alarm)
    best = int(np.argmin(cost))
    return Point(float(cost[best]), float(roc.thresholds[best]), float(roc.miss[best]), float(roc.false_alarm[best]))


def auc(roc: Roc) -> float:
    """Area under the ROC: the chance that a random target trial outscores a random nontarget one, ties counting one half."""
    return float(np.trapezoid(1.0 - roc.miss, roc.false_alarm))
