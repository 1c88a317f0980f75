"""What log-likelihood ratios are worth as such, not just by their order. All of it is read off a ROC whose thresholds are the ratios.

N. Bruemmer and J. du Preez, "Application-independent evaluation of speaker detection", Computer Speech and Language 20, 2006.
"""

import numpy as np
import scipy

from cortado.score.metrics import Point, Roc

LOG2 = np.log(2)


def cllr(roc: Roc) -> float:
    """Cost of the log-likelihood ratios (natural logarithm), in bits: 0 for perfect ones, 1 for always 0, above 1 for misleading ones.

    1/2 (mean over targets of log2(1 + exp(-llr)) + mean over nontargets of log2(1 + exp(llr))).
    """
    hits, false_alarms = _shares(roc)
    llr = roc.thresholds[1:]
    return float(hits @ np.logaddexp(0, -llr) + false_alarms @ np.logaddexp(0, llr)) / (2 * LOG2)


def min_cllr(roc: Roc) -> float:
    """Cllr after the best rising function of the scores (pool adjacent violators): what no better calibration could take off. In [0, 1]."""
    hits, false_alarms = _shares(roc)
    occurs = hits + false_alarms > 0
    hits, false_alarms = hits[occurs], false_alarms[occurs]
    posterior = scipy.optimize.isotonic_regression(hits / (hits + false_alarms), weights=hits + false_alarms, increasing=False).x
    with np.errstate(divide="ignore", invalid="ignore"):  # 0 log 0 is 0
        bits = np.where(hits > 0, -hits * np.log2(posterior), 0) + np.where(false_alarms > 0, -false_alarms * np.log2(1 - posterior), 0)
    return float(bits.sum()) / 2


def act_dcf(roc: Roc, p_target: float) -> Point:
    """The detection cost, normalised as in `min_dcf` with costs 1, of accepting where the ratio outweighs the prior: at -logit(p_target).

    The threshold of the point is that one. The cost may exceed 1, that of a system that does not listen.
    """
    threshold = -float(scipy.special.logit(p_target))
    at = int(np.searchsorted(-roc.thresholds, -threshold, side="right")) - 1
    miss, false_alarm = float(roc.miss[at]), float(roc.false_alarm[at])
    value = (p_target * miss + (1 - p_target) * false_alarm) / min(p_target, 1 - p_target)
    return Point(value, threshold, miss, false_alarm)


def _shares(roc: Roc) -> tuple[np.ndarray, np.ndarray]:
    """The shares of the target and of the nontarget trials that have each threshold but infinity as their score."""
    return -np.diff(roc.miss), np.diff(roc.false_alarm)
