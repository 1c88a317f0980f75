"""Differences between systems: the scheme against literal copies, known values of t and Holm, and how often chance is taken for more."""

import numpy as np
import pytest
from scipy.stats import ttest_ind

from cortado.errors import DataError
from cortado.score.metrics import RankedTrials, eer, roc_curve
from cortado.score.paired import SystemErrors, compare, draw_errors, holm, pooled_seed_variance


def all_pairs(num_speakers, per_speaker):
    """Speakers of both sides of all pairs of utterances."""
    speaker = np.repeat(np.arange(num_speakers), per_speaker)
    first, second = np.triu_indices(len(speaker), k=1)
    return speaker[first], speaker[second]


def scores_of(enrol, test, rng, separation=2.0):
    return separation * (enrol == test) + rng.normal(size=len(enrol))


def test_every_run_is_measured_on_literal_copies_of_the_same_drawn_speakers():
    enrol, test = all_pairs(6, 3)
    rng = np.random.default_rng(0)
    runs = [scores_of(enrol, test, rng) for _ in range(3)]
    errors = draw_errors([RankedTrials(scores, enrol == test) for scores in runs], enrol, test, num_draws=40, seed=7)
    rng = np.random.default_rng(7)
    for draw in range(40):
        copies = rng.integers(6, size=6)
        if len(set(copies)) == 1:
            pytest.fail("take another seed: this draw has no nontarget trials and is passed over")
        kept = []  # a target trial within each copy, a nontarget trial between two copies of different speakers
        for trial, (e, t) in enumerate(zip(enrol, test, strict=True)):
            kept += [trial] * int(np.sum(copies == e) * (1 if e == t else np.sum(copies == t)))
        expected = [eer(roc_curve(scores[kept], (enrol == test)[kept])).value for scores in runs]
        np.testing.assert_allclose(errors[:, draw], expected, atol=1e-12)


def test_draws_without_a_kind_of_trial_are_drawn_again():
    # only speaker 0 has target trials, and it has nontarget trials with speaker 1 alone
    enrol, test = np.array([0, 0, 2]), np.array([0, 1, 3])
    ranked = RankedTrials(np.array([2.0, 1.0, 0.0]), np.array([True, False, False]))
    np.testing.assert_array_equal(draw_errors([ranked], enrol, test, num_draws=50), np.zeros((1, 50)))


def test_the_same_network_twice_is_no_difference_on_any_draw():
    enrol, test = all_pairs(8, 3)
    ranked = [RankedTrials(scores_of(enrol, test, np.random.default_rng(seed)), enrol == test) for seed in range(2)]
    errors = SystemErrors(np.array([eer(run.roc()).value for run in ranked]), draw_errors(ranked, enrol, test, num_draws=30))
    difference = compare(errors, {"twin": errors}, num_speakers=8)["twin"]
    assert difference.value == 0 and difference.over_speakers == (0, 0) and difference.is_chance()


def test_with_certain_speakers_the_test_is_students_t_of_the_seeds():
    rng = np.random.default_rng(1)
    first, second = rng.normal(0.05, 0.01, 4), rng.normal(0.07, 0.01, 3)
    baseline, system = (SystemErrors(errors, np.tile(errors[:, None], 10)) for errors in (first, second))
    difference = compare(baseline, {"other": system}, num_speakers=50)["other"]
    expected = ttest_ind(second, first)  # equal variances
    assert difference.p_value == pytest.approx(expected.pvalue) and difference.degrees == pytest.approx(5)
    assert difference.over_both() == pytest.approx(expected.confidence_interval(0.95))


def test_the_spread_of_seeds_is_pooled_over_all_systems():
    systems = [SystemErrors(np.array(values), np.empty((len(values), 0))) for values in ([1.0, 3.0], [5.0, 5.0, 5.0], [9.0])]
    assert pooled_seed_variance(systems) == (2 / 3, 3)  # squares 2, 0 and none over degrees 1, 2 and 0


def test_holm_is_the_published_procedure():
    np.testing.assert_allclose(holm([0.01, 0.04, 0.03, 0.005]), [0.03, 0.06, 0.06, 0.02])  # worked example of R's p.adjust
    np.testing.assert_array_equal(holm([0.9, 0.8]), [1.0, 1.0])


def simulated(rng, num_systems, seed_deviation, num_speakers=50, num_seeds=3, num_draws=300):
    """Systems that are equally good: each speaker's error rate, of which the EER is taken to be the mean, differs by system and by seed."""
    rates = rng.normal(size=num_speakers)
    rates = rates + 0.5 * rng.normal(size=(num_systems, 1, num_speakers)) + seed_deviation * rng.normal(size=(num_systems, num_seeds, 1))
    rates = rates + 0.2 * rng.normal(size=(num_systems, num_seeds, num_speakers))
    weights = rng.multinomial(num_speakers, np.full(num_speakers, 1 / num_speakers), size=num_draws) / num_speakers
    return [SystemErrors(system.mean(axis=1), system @ weights.T) for system in rates]


def test_equal_systems_are_told_apart_as_rarely_as_promised_and_without_seeds_far_too_often():
    rng = np.random.default_rng(2)
    any_told_apart, over_both, over_speakers = [], [], []
    for _ in range(600):
        baseline, *others = simulated(rng, num_systems=8, seed_deviation=0.15)
        differences = compare(baseline, dict(enumerate(others)), num_speakers=50).values()
        any_told_apart.append(not all(difference.is_chance() for difference in differences))
        intervals = np.array([(difference.over_both(), difference.over_speakers) for difference in differences])
        low, high = intervals[..., 0], intervals[..., 1]
        over_both.append((low[:, 0] <= 0) & (high[:, 0] >= 0))
        over_speakers.append((low[:, 1] <= 0) & (high[:, 1] >= 0))
    assert np.mean(any_told_apart) <= 0.06  # 5 % promised; 0.9 points of standard error
    assert 0.94 <= np.mean(over_both) <= 0.97
    assert np.mean(over_speakers) < 0.75


def test_a_true_difference_is_found():
    baseline, other = simulated(np.random.default_rng(3), num_systems=2, seed_deviation=0.1)
    better = SystemErrors(other.measured - 1.0, other.drawn - 1.0)
    difference = compare(baseline, {"better": better}, num_speakers=50)["better"]
    assert not difference.is_chance() and difference.value < 0 and difference.over_both()[1] < 0


def test_one_seed_each_is_refused():
    one = SystemErrors(np.array([0.1]), np.array([[0.1, 0.2]]))
    with pytest.raises(DataError, match="no system was trained from more than one seed"):
        compare(one, {"other": one}, num_speakers=2)


def test_one_speaker_is_refused():
    ranked = RankedTrials(np.array([1.0, 0.0]), np.array([True, False]))
    with pytest.raises(DataError, match="trials of at least two"):
        draw_errors([ranked], np.zeros(2, int), np.zeros(2, int))
