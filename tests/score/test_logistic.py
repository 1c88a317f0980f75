"""Logistic regression against scikit-learn's without a penalty, and what it does to ratios that are calibrated already."""

import numpy as np
import pytest
from scipy.special import logit
from sklearn.linear_model import LogisticRegression

from cortado.errors import CortadoError
from cortado.score.logistic import fit_logistic


def trials(num_features: int, seed: int = 0, num: int = 2000):
    """Features of very different sizes, three of ten trials targets."""
    rng = np.random.default_rng(seed)
    is_target = rng.random(num) < 0.3
    features = (rng.normal(size=(num, num_features)) + is_target[:, None] * rng.normal(size=num_features)) * np.geomspace(
        0.01, 100, num_features
    )
    return features + 5, is_target


@pytest.mark.parametrize("p_target", [0.01, 0.05, 0.5, 0.9])
@pytest.mark.parametrize("num_features", [1, 5])
def test_the_solution_is_scikit_learns(num_features, p_target):
    features, is_target = trials(num_features)
    slopes, offset = fit_logistic(features, is_target, p_target)
    weights = np.where(is_target, p_target / is_target.sum(), (1 - p_target) / (~is_target).sum())
    scale = features.std(axis=0)  # so that scikit-learn's solver converges
    oracle = LogisticRegression(C=np.inf, solver="newton-cholesky", tol=1e-12, max_iter=1000).fit(
        features / scale, is_target, weights * 1000
    )
    np.testing.assert_allclose(slopes, oracle.coef_[0] / scale, rtol=1e-6)
    assert offset == pytest.approx(oracle.intercept_[0] - logit(p_target), abs=1e-6)


@pytest.mark.parametrize("p_target", [0.05, 0.5])
def test_calibrated_ratios_are_left_alone_and_others_made_so(p_target):
    rng = np.random.default_rng(0)
    is_target = np.arange(400_000) % 10 == 0
    llr = rng.normal(np.where(is_target, 2, -2), 2)  # N(+-d/2, d) with d = 4
    slopes, offset = fit_logistic(llr[:, None], is_target, p_target)
    assert slopes[0] == pytest.approx(1, abs=0.02) and offset == pytest.approx(0, abs=0.04)
    slopes, offset = fit_logistic(llr[:, None] * 7 - 3, is_target, p_target)
    assert slopes[0] == pytest.approx(1 / 7, abs=0.003) and offset == pytest.approx(3 / 7, abs=0.04)


def test_repeating_the_nontargets_changes_nothing():
    features, is_target = trials(2)
    times = np.where(is_target, 1, 3)
    once, thrice = (
        fit_logistic(features, is_target, 0.05),
        fit_logistic(np.repeat(features, times, axis=0), np.repeat(is_target, times), 0.05),
    )
    np.testing.assert_allclose(once[0], thrice[0], rtol=1e-8)
    assert once[1] == pytest.approx(thrice[1], abs=1e-8)


def test_trials_without_an_error_are_refused():
    is_target = np.arange(20) < 5
    with pytest.raises(CortadoError, match="told apart without an error"):
        fit_logistic(np.where(is_target, 1.0, 0.0)[:, None] + np.linspace(0, 0.1, 20)[:, None], is_target, 0.05)


def test_a_measure_that_tells_nothing_new_is_refused():
    features, is_target = trials(2)
    for useless in (np.full(len(features), 3.0), features @ [2.0, 0.5]):
        with pytest.raises(CortadoError, match="constant over the trials, or follows from the others"):
            fit_logistic(np.column_stack([features, useless]), is_target, 0.05)


def test_one_kind_of_trial_is_refused():
    with pytest.raises(CortadoError, match="all 4 trials to calibrate on are of one kind"):
        fit_logistic(np.arange(4.0)[:, None], np.ones(4, bool), 0.05)
