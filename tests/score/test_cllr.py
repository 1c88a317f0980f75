"""Cllr against numerical integration and sums over trials, its minimum against scikit-learn's isotonic regression."""

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.stats import norm
from sklearn.isotonic import IsotonicRegression

from cortado.score.cllr import act_dcf, cllr, min_cllr
from cortado.score.metrics import RankedTrials, min_dcf, roc_curve


def gaussian_llrs(separation: float, num: int = 200_000, seed: int = 0):
    """Ratios of N(+d/2, d) for targets and N(-d/2, d) for nontargets: calibrated by construction."""
    rng = np.random.default_rng(seed)
    is_target = np.arange(num) % 4 == 0
    return rng.normal(np.where(is_target, separation / 2, -separation / 2), np.sqrt(separation)), is_target


def tied_scores(seed: int, num: int = 300):
    rng = np.random.default_rng(seed)
    is_target = rng.random(num) < 0.3
    return np.round(rng.normal(size=num) * 3 + is_target * 3), is_target


@pytest.mark.parametrize("separation", [0.5, 4.0, 12.0])
def test_cllr_of_calibrated_gaussian_ratios_is_the_integral_and_the_minimum_is_no_lower(separation):
    density = norm(separation / 2, np.sqrt(separation)).pdf
    expected, _ = quad(lambda llr: np.logaddexp(0, -llr) / np.log(2) * density(llr), -40, 60)  # both sides cost the same
    roc = roc_curve(*gaussian_llrs(separation))
    assert cllr(roc) == pytest.approx(expected, rel=0.02)
    assert cllr(roc) * 0.99 < min_cllr(roc) <= cllr(roc)


@pytest.mark.parametrize("seed", range(5))
def test_cllr_is_the_sum_over_trials_with_ties(seed):
    llr, is_target = tied_scores(seed)
    direct = (np.mean(np.log2(1 + np.exp(-llr[is_target]))) + np.mean(np.log2(1 + np.exp(llr[~is_target])))) / 2
    assert cllr(roc_curve(llr, is_target)) == pytest.approx(direct, abs=1e-12)


@pytest.mark.parametrize("seed", range(5))
def test_the_minimum_is_cllr_after_scikit_learns_isotonic_regression(seed):
    scores, is_target = tied_scores(seed)
    weights = np.where(is_target, 0.5 / is_target.sum(), 0.5 / (~is_target).sum())
    posterior = IsotonicRegression().fit(scores, is_target, weights).predict(scores)
    with np.errstate(divide="ignore"):
        bits = np.where(is_target, -np.log2(posterior), -np.log2(1 - posterior))
    assert min_cllr(roc_curve(scores, is_target)) == pytest.approx(weights @ bits, abs=1e-9)


def test_perfect_silent_and_misleading_ratios():
    is_target = np.array([1, 1, 0, 0, 0], bool)
    perfect = roc_curve(np.where(is_target, 50.0, -50.0), is_target)
    silent = roc_curve(np.zeros(5), is_target)
    wrong = roc_curve(np.where(is_target, -3.0, 3.0), is_target)
    assert cllr(perfect) < 1e-20 and min_cllr(perfect) == 0
    assert cllr(silent) == min_cllr(silent) == 1
    assert cllr(wrong) == pytest.approx(np.log2(1 + np.exp(3))) and min_cllr(wrong) == 1
    assert act_dcf(silent, 0.05).value == 1 and act_dcf(perfect, 0.05).value == 0
    assert act_dcf(wrong, 0.05).value == pytest.approx(20) and act_dcf(wrong, 0.5).value == 2  # all trials decided wrongly


def test_the_minimum_does_not_change_under_a_rising_function_but_cllr_does():
    scores, is_target = tied_scores(7)
    before, after = roc_curve(scores, is_target), roc_curve(5 * scores + 40, is_target)
    assert min_cllr(before) == pytest.approx(min_cllr(after), abs=1e-12)
    assert cllr(after) > 2 * cllr(before)


@pytest.mark.parametrize("p_target", [0.01, 0.05, 0.5])
def test_actual_cost_counts_errors_at_the_threshold_of_the_prior(p_target):
    llr, is_target = tied_scores(3)
    accepted = llr >= np.log((1 - p_target) / p_target)
    cost = p_target * np.mean(~accepted[is_target]) + (1 - p_target) * np.mean(accepted[~is_target])
    roc = roc_curve(llr, is_target)
    assert act_dcf(roc, p_target).value == pytest.approx(cost / min(p_target, 1 - p_target), abs=1e-12)
    assert act_dcf(roc, p_target).value >= min_dcf(roc, p_target).value


def test_a_ratio_that_equals_the_threshold_is_accepted():
    roc = roc_curve(np.array([0.0, 0.0, -1.0]), np.array([True, False, False]))
    assert (act_dcf(roc, 0.5).miss, act_dcf(roc, 0.5).false_alarm) == (0.0, 0.5)


def test_integer_weights_equal_repeating_the_trials():
    llr, is_target = tied_scores(5)
    times = np.random.default_rng(1).integers(0, 4, len(llr))
    ranked = RankedTrials(llr, is_target)
    weighted, repeated = ranked.roc(times[ranked.order].astype(float)), roc_curve(np.repeat(llr, times), np.repeat(is_target, times))
    for value in (cllr, min_cllr):
        assert value(weighted) == pytest.approx(value(repeated), abs=1e-12)
