"""Error rates against scikit-learn, brute force over all thresholds, closed forms and identities."""

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score
from sklearn.metrics import roc_curve as sklearn_roc_curve

from cortado.errors import DataError
from cortado.score.metrics import RankedTrials, auc, eer, min_dcf, roc_curve


def random_trials(seed, num_trials=300, num_levels=25):
    """Scores with many ties: few levels, targets higher on average."""
    rng = np.random.default_rng(seed)
    is_target = rng.random(num_trials) < 0.3
    return np.round(rng.normal(size=num_trials) * num_levels / 6 + is_target * 4), is_target


def brute_force_points(scores, is_target):
    """(threshold, miss, false alarm) by counting at every distinct score, O(n^2)."""
    points = [(np.inf, 1.0, 0.0)]
    for threshold in sorted(set(scores), reverse=True):
        accepted = scores >= threshold
        points.append((threshold, np.mean(~accepted[is_target]), np.mean(accepted[~is_target])))
    return np.array(points).T


def brute_force_eer(miss, false_alarm):
    """Meet the diagonal on each straight piece in turn."""
    for m0, m1, f0, f1 in zip(miss, miss[1:], false_alarm, false_alarm[1:], strict=False):
        if f0 <= m0 and f1 >= m1:
            share = (m0 - f0) / ((m0 - f0) + (f1 - m1))
            return m0 + share * (m1 - m0)
    raise AssertionError("the curve never meets the diagonal")


@pytest.mark.parametrize("seed", range(10))
def test_roc_counts_every_distinct_score_as_brute_force_does(seed):
    scores, is_target = random_trials(seed)
    roc = roc_curve(scores, is_target)
    np.testing.assert_allclose([roc.thresholds, roc.miss, roc.false_alarm], brute_force_points(scores, is_target), atol=1e-12)


@pytest.mark.parametrize("seed", range(5))
def test_roc_and_auc_equal_scikit_learn_with_ties(seed):
    scores, is_target = random_trials(seed, num_trials=2000)
    roc = roc_curve(scores, is_target)
    false_alarm, hit, thresholds = sklearn_roc_curve(is_target, scores, drop_intermediate=False)
    np.testing.assert_allclose(roc.false_alarm, false_alarm, atol=1e-12)
    np.testing.assert_allclose(1 - roc.miss, hit, atol=1e-12)
    np.testing.assert_array_equal(roc.thresholds, thresholds)
    assert auc(roc) == pytest.approx(roc_auc_score(is_target, scores), abs=1e-12)


def test_auc_is_the_share_of_pairs_in_order_ties_one_half():
    scores, is_target = random_trials(0)
    difference = scores[is_target][:, None] - scores[~is_target][None, :]
    assert auc(roc_curve(scores, is_target)) == pytest.approx(np.mean((difference > 0) + 0.5 * (difference == 0)), abs=1e-12)


@pytest.mark.parametrize("seed", range(10))
def test_eer_is_where_brute_force_points_meet_the_diagonal(seed):
    scores, is_target = random_trials(seed)
    _, miss, false_alarm = brute_force_points(scores, is_target)
    assert eer(roc_curve(scores, is_target)).value == pytest.approx(brute_force_eer(miss, false_alarm), abs=1e-12)


def test_eer_of_hand_worked_lists():
    # targets 3 2 0, nontargets 2.5 1 -1: at threshold 2 miss 1/3 and false alarm 1/3 meet exactly
    by_hand = eer(roc_curve(np.array([3.0, 2, 0, 2.5, 1, -1]), np.array([1, 1, 1, 0, 0, 0], bool)))
    assert (by_hand.value, by_hand.threshold) == (pytest.approx(1 / 3), 2.0)
    # targets 3 1, nontargets 2 0 0: between (miss 1/2, fa 0) and (1/2, 1/3) and (0, 1/3) the diagonal lies at 1/3 on the vertical piece
    stair = eer(roc_curve(np.array([3.0, 1, 2, 0, 0]), np.array([1, 1, 0, 0, 0], bool)))
    assert (stair.value, stair.threshold) == (pytest.approx(1 / 3), 1.0)


def test_eer_crosses_a_run_of_equal_scores_on_a_straight_line():
    # one target alone on top, then 1 target and 3 nontargets tied: from (miss 1/2, fa 0) to (0, 1) meets at 1/3
    scores, is_target = np.array([2.0, 1, 1, 1, 1]), np.array([1, 1, 0, 0, 0], bool)
    assert eer(roc_curve(scores, is_target)).value == pytest.approx(1 / 3)


def test_perfect_inverted_and_constant_systems():
    is_target = np.array([1, 1, 0, 0, 0], bool)
    perfect = roc_curve(np.array([5.0, 4, 3, 2, 1]), is_target)
    inverted = roc_curve(np.array([1.0, 2, 3, 4, 5]), is_target)
    constant = roc_curve(np.zeros(5), is_target)
    assert [eer(roc).value for roc in (perfect, inverted, constant)] == [0.0, 1.0, 0.5]
    assert [auc(roc) for roc in (perfect, inverted, constant)] == [1.0, 0.0, 0.5]
    assert [min_dcf(roc, 0.01).value for roc in (perfect, inverted, constant)] == [0.0, 1.0, 1.0]


@pytest.mark.parametrize("p_target", [0.01, 0.05, 0.5, 0.9])
@pytest.mark.parametrize("costs", [(1, 1), (10, 1)])
def test_min_dcf_is_the_lowest_cost_of_all_brute_force_thresholds(p_target, costs):
    scores, is_target = random_trials(3)
    thresholds, miss, false_alarm = brute_force_points(scores, is_target)
    cost = costs[0] * p_target * miss + costs[1] * (1 - p_target) * false_alarm
    found = min_dcf(roc_curve(scores, is_target), p_target, *costs)
    assert found.value == pytest.approx(cost.min() / min(costs[0] * p_target, costs[1] * (1 - p_target)), abs=1e-12)
    assert found.threshold == thresholds[np.argmin(cost)]


def test_min_dcf_at_low_prior_is_the_miss_rate_without_false_alarms_when_each_one_costs_more_than_all_misses():
    # 10 nontargets: one false alarm costs 0.99 * 0.1, rejecting everything 0.01
    scores = np.append(np.arange(10.0), [9.5, 8.5, 3.5, 10.5])
    is_target = np.arange(14) >= 10
    assert min_dcf(roc_curve(scores, is_target), 0.01).value == pytest.approx(0.5)


def test_useless_system_costs_one_and_its_threshold_accepts_nothing():
    point = min_dcf(roc_curve(np.array([1.0, 2, 3]), np.array([True, False, False])), 0.01)
    assert (point.value, point.threshold, point.miss) == (1.0, np.inf, 1.0)


def test_metrics_do_not_change_under_a_rising_function_of_the_scores():
    scores, is_target = random_trials(4)
    before, after = roc_curve(scores, is_target), roc_curve(np.exp(scores / 3) - 7, is_target)
    assert (eer(before).value, auc(before), min_dcf(before, 0.05).value) == (eer(after).value, auc(after), min_dcf(after, 0.05).value)


def test_eer_and_auc_do_not_change_when_labels_and_sign_are_swapped():
    scores, is_target = random_trials(5)
    before, after = roc_curve(scores, is_target), roc_curve(-scores, ~is_target)
    assert eer(after).value == pytest.approx(eer(before).value, abs=1e-12)
    assert auc(after) == pytest.approx(auc(before), abs=1e-12)


def test_order_of_the_trials_does_not_matter():
    scores, is_target = random_trials(6)
    shuffled = np.random.default_rng(0).permutation(len(scores))
    before, after = roc_curve(scores, is_target), roc_curve(scores[shuffled], is_target[shuffled])
    np.testing.assert_array_equal(before.miss, after.miss)
    np.testing.assert_array_equal(before.false_alarm, after.false_alarm)


def test_integer_weights_equal_repeating_the_trials():
    scores, is_target = random_trials(7)
    times = np.random.default_rng(1).integers(0, 4, len(scores))
    ranked = RankedTrials(scores, is_target)
    weighted, repeated = ranked.roc(times[ranked.order].astype(float)), roc_curve(np.repeat(scores, times), np.repeat(is_target, times))
    assert eer(weighted).value == pytest.approx(eer(repeated).value, abs=1e-12)
    assert auc(weighted) == pytest.approx(auc(repeated), abs=1e-12)
    assert min_dcf(weighted, 0.05).value == pytest.approx(min_dcf(repeated, 0.05).value, abs=1e-12)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_score_that_is_not_finite_is_named_by_line(bad):
    with pytest.raises(DataError, match="lists/t:2: the score of this trial is"):
        RankedTrials(np.array([1.0, bad, 2.0]), np.array([True, False, False]), "lists/t")


@pytest.mark.parametrize("label", [True, False])
def test_a_list_of_one_kind_of_trial_is_refused(label):
    with pytest.raises(DataError, match=r"all 3 trials are (non)?target trials"):
        RankedTrials(np.arange(3.0), np.full(3, label))
