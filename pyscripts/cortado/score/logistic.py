"""Logistic regression for calibration and fusion: an affine function of the measures of a trial that is a log-likelihood ratio."""

import numpy as np
import scipy

from cortado.errors import CortadoError

MAX_STEPS = 100


def fit_logistic(features: np.ndarray, is_target: np.ndarray, p_target: float) -> tuple[np.ndarray, float]:
    """Weights (num_features,) and offset such that features @ weights + offset is a log-likelihood ratio, natural logarithm.

    features: (num_trials, num_features) float64, finite; is_target: (num_trials,) bool. Minimises, by Newton steps and without any
    penalty, the cross-entropy of posteriors at the prior `p_target`, target trials together weighing p_target (N. Bruemmer and
    J. du Preez, 2006): the list's own share of targets does not matter.

    Raises CortadoError when no minimum exists: one kind of trial only, features that depend on each other linearly, or kinds that a
    plane separates.
    """
    if is_target.all() or not is_target.any():
        raise CortadoError(f"all {len(is_target)} trials to calibrate on are of one kind; targets and nontargets are needed")
    centre, scale = features.mean(axis=0), features.std(axis=0)
    x = np.column_stack([(features - centre) / np.where(scale > 0, scale, 1), np.ones(len(features))])
    if np.linalg.eigvalsh(x.T @ x / len(x))[0] < 1e-10:
        raise CortadoError("a measure to calibrate with is constant over the trials, or follows from the others; leave it out")
    weights = np.where(is_target, p_target / is_target.sum(), (1 - p_target) / (~is_target).sum())
    solution = _minimise(x, is_target, weights, scipy.special.logit(p_target))
    slopes = solution[:-1] / scale
    return slopes, float(solution[-1] - slopes @ centre)


def _minimise(x: np.ndarray, is_target: np.ndarray, weights: np.ndarray, log_odds: float) -> np.ndarray:
    sign = np.where(is_target, 1.0, -1.0)
    solution = np.zeros(x.shape[1])

    def cost(solution: np.ndarray) -> float:
        return float(weights @ np.logaddexp(0, -sign * (x @ solution + log_odds)))

    for _ in range(MAX_STEPS):
        ratios = x @ solution
        if np.any(solution) and ratios[is_target].min() > ratios[~is_target].max():
            raise CortadoError(
                "the trials to calibrate on are told apart without an error, so their scores fit any scale; take more trials"
            )
        posterior = scipy.special.expit(ratios + log_odds)
        gradient = x.T @ (weights * (posterior - is_target))
        curvature = weights * posterior * (1 - posterior)
        step = np.linalg.solve((x.T * curvature) @ x, gradient)
        length, now = 1.0, cost(solution)
        if gradient @ step < 1e-10 * now:  # so near, a whole step doubles the number of right digits
            return solution - step
        while cost(solution - length * step) > now - 1e-4 * length * (gradient @ step) and length > 1e-6:
            length /= 2
        solution -= length * step
    raise CortadoError(
        f"calibration has no end after {MAX_STEPS} steps: nearly all trials are told apart without an error; take more trials"
    )
