"""Intervals by resampling speakers: identities, the scheme against literal copies, and coverage of a known truth."""

import numpy as np
import pytest
from scipy.stats import norm

from cortado.errors import DataError
from cortado.score.bootstrap import TrialWeights, bootstrap_intervals
from cortado.score.metrics import RankedTrials, eer, roc_curve

SEPARATION, NOISE = 3.0, 0.8


def all_pairs(num_speakers, per_speaker, rng):
    """Scores of all pairs of utterances; a speaker shifts its target scores by N(0, 1) and each of its nontarget scores by half of that."""
    speaker = np.repeat(np.arange(num_speakers), per_speaker)
    first, second = np.triu_indices(len(speaker), k=1)
    enrol, test = speaker[first], speaker[second]
    shift = rng.normal(size=num_speakers)
    level = np.where(enrol == test, SEPARATION + shift[enrol], (shift[enrol] + shift[test]) / 2)
    return level + rng.normal(scale=NOISE, size=len(first)), enrol == test, enrol, test


def eer_value(roc):
    return np.array([eer(roc).value])


def test_each_speaker_once_is_the_point_estimate():
    scores, is_target, enrol, test = all_pairs(8, 3, np.random.default_rng(0))
    ranked = RankedTrials(scores, is_target)
    weights = TrialWeights(ranked, enrol, test, 8)(np.ones(8, int))
    np.testing.assert_array_equal(weights, 1.0)
    assert eer(ranked.roc(weights)).value == eer(roc_curve(scores, is_target)).value


def test_a_draw_equals_a_trial_list_made_of_literal_copies_of_the_speakers():
    scores, is_target, enrol, test = all_pairs(6, 3, np.random.default_rng(1))
    counts = np.array([2, 0, 1, 3, 0, 0])
    copies = np.repeat(np.arange(6), counts)
    kept = []  # a target trial within each copy, a nontarget trial between two copies of different speakers
    for trial, (e, t) in enumerate(zip(enrol, test, strict=True)):
        times = np.sum(copies == e) if e == t else np.sum((copies[:, None] == e) & (copies[None, :] == t))
        kept += [trial] * int(times)
    ranked = RankedTrials(scores, is_target)
    drawn, literal = ranked.roc(TrialWeights(ranked, enrol, test, 6)(counts)), roc_curve(scores[kept], is_target[kept])
    occurs = np.isin(drawn.thresholds, literal.thresholds)
    np.testing.assert_allclose(drawn.miss[occurs], literal.miss, atol=1e-12)
    np.testing.assert_allclose(drawn.false_alarm[occurs], literal.false_alarm, atol=1e-12)


def test_same_seed_same_interval_and_another_seed_another():
    scores, is_target, enrol, test = all_pairs(10, 3, np.random.default_rng(2))
    ranked = RankedTrials(scores, is_target)
    runs = [bootstrap_intervals(ranked, enrol, test, eer_value, num_draws=50, seed=seed) for seed in (0, 0, 1)]
    np.testing.assert_array_equal(runs[0], runs[1])
    assert not np.array_equal(runs[0], runs[2])


def test_intervals_are_as_wide_as_results_vary_between_sets_of_speakers():
    rng = np.random.default_rng(3)
    truth = norm.cdf(-SEPARATION / (np.hypot(NOISE, 1) + np.hypot(NOISE, np.sqrt(0.5))))
    estimates, intervals, trial_widths = [], [], []
    for _ in range(80):
        scores, is_target, enrol, test = all_pairs(30, 4, rng)
        ranked = RankedTrials(scores, is_target)
        estimates.append(eer(ranked.roc()).value)
        intervals.append(bootstrap_intervals(ranked, enrol, test, eer_value, num_draws=100)[:, 0])
        trial_widths.append(width_over_trials(ranked, rng))
    low, high = np.transpose(intervals)
    true_width = 2 * 1.96 * np.std(estimates)
    assert np.mean((low <= truth) & (truth <= high)) >= 0.85
    assert 0.8 < np.mean(high - low) / true_width < 1.2
    assert np.mean(trial_widths) / true_width < 0.75  # the reason for all this


def width_over_trials(ranked, rng, num_draws=40):
    num_trials = len(ranked.order)
    draws = (np.bincount(rng.integers(num_trials, size=num_trials), minlength=num_trials) for _ in range(num_draws))
    return np.diff(np.quantile([eer(ranked.roc(counts.astype(float))).value for counts in draws], [0.025, 0.975]))


def test_draws_that_miss_all_targets_are_drawn_again():
    # only speaker 0 has target trials: without it a draw has no miss rate
    scores, is_target = np.array([2.0, 1.0, 0.0, -1.0]), np.array([True, False, False, False])
    enrol, test = np.array([0, 0, 1, 1]), np.array([0, 1, 2, 3])
    interval = bootstrap_intervals(RankedTrials(scores, is_target), enrol, test, eer_value, num_draws=200)
    np.testing.assert_array_equal(interval, [[0.0], [0.0]])


def test_one_speaker_alone_has_no_interval():
    ranked = RankedTrials(np.array([1.0, 0.0]), np.array([True, False]))
    with pytest.raises(DataError, match="at least two speakers"):
        bootstrap_intervals(ranked, np.zeros(2, int), np.zeros(2, int), eer_value)
