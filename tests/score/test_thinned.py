"""Draws looked at together and at fewer thresholds, against each draw on its own at all of them."""

from itertools import islice, pairwise

import numpy as np
import pytest

from cortado.score import bootstrap
from cortado.score.bootstrap import bootstrap_intervals
from cortado.score.measure import figure_values
from cortado.score.metrics import RankedTrials
from cortado.score.thinned import ThinnedTrials, accepted_in_draws, kept_thresholds


def trials(num_trials, num_speakers, seed=0, decimals=3):
    """Scores with ties, whose level depends on the speakers; a tenth target trials."""
    rng = np.random.default_rng(seed)
    enrol, test = rng.integers(num_speakers, size=(2, num_trials))
    test = np.where(rng.random(num_trials) < 0.1, enrol, test)
    level = rng.normal(size=num_speakers) * 0.3
    scores = rng.normal(size=num_trials) + level[enrol] + level[test] + 3.0 * (enrol == test)
    return RankedTrials(np.round(scores, decimals), enrol == test), enrol, test


def rocs(ranked, enrol, test, num_speakers, num_draws, step):
    """Thinned and exact ROCs of the same draws."""
    thinned = ThinnedTrials(ranked, enrol, test, num_speakers, step).rocs(bootstrap._draws(num_speakers, 0), 8)
    weights_of = bootstrap.TrialWeights(ranked, enrol, test, num_speakers)
    exact = bootstrap._exact_rocs(ranked, weights_of, bootstrap._draws(num_speakers, 0))
    return list(islice(thinned, num_draws)), list(islice(exact, num_draws))


def test_with_every_threshold_kept_the_rocs_are_the_exact_ones():
    thinned, exact = rocs(*trials(3000, 20), 20, 30, step=0)
    for one, other in zip(thinned, exact, strict=True):
        np.testing.assert_array_equal(
            np.array([one.thresholds, one.miss, one.false_alarm]), [other.thresholds, other.miss, other.false_alarm]
        )


def test_intervals_of_a_long_list_are_the_exact_ones_but_for_the_thresholds(monkeypatch):
    ranked, enrol, test = trials(20_000, 40)
    exact = bootstrap_intervals(ranked, enrol, test, figure_values, num_draws=100)
    monkeypatch.setattr(bootstrap, "MANY_TRIALS", 1000)
    monkeypatch.setattr(bootstrap, "DRAWS_AT_ONCE", 33)
    thinned = bootstrap_intervals(ranked, enrol, test, figure_values, num_draws=100)
    np.testing.assert_allclose(thinned, exact, rtol=0.003)
    assert not np.array_equal(thinned, exact)


def test_a_draw_is_no_further_from_the_exact_one_than_the_stated_bound():
    thinned, exact = rocs(*trials(200_000, 60, decimals=6), 60, 20, step=0.01)
    for one, other in zip(thinned, exact, strict=True):
        miss, false_alarm = -np.diff(one.miss), np.diff(one.false_alarm)
        rates = one.miss[:-1] - one.false_alarm[:-1]
        crossing = np.flatnonzero(rates > 0)[-1]
        bounds = [
            np.minimum(miss, false_alarm)[crossing],
            np.minimum(miss, 99 * false_alarm).max(),
            np.minimum(miss, 19 * false_alarm).max(),
            (miss * false_alarm).sum() / 2,
        ]
        difference = np.abs(figure_values(one) - figure_values(other))
        assert (difference <= np.array(bounds) + 1e-12).all()
        assert (difference < 0.002 * figure_values(other)).all()


@pytest.mark.parametrize("step", [0.01, 0.1])
def test_between_kept_thresholds_the_errors_change_by_no_more_than_the_step_or_one_score(step):
    targets, nontargets = trials(50_000, 30, decimals=6)[0].accepted()
    kept = kept_thresholds(targets, nontargets, step)
    assert kept[-1] == len(targets) - 1 and len(kept) < 2.2 * np.log(50_000) / np.log1p(step)
    misses = targets[-1] - targets
    for before, after in pairwise(kept.tolist()):
        if after > before + 1:  # the run begins behind the threshold before
            assert nontargets[after] + 1 <= (1 + step) * (nontargets[before + 1] + 1)
            assert misses[before + 1] + 1 <= (1 + step) * (misses[after] + 1)


def test_sums_over_trials_are_those_of_a_loop(monkeypatch):
    monkeypatch.setattr("cortado.score.thinned.CHUNK_BYTES", 3 * 5 * 4)  # three trials a chunk
    rng = np.random.default_rng(0)
    counts, first, second = rng.integers(9, size=(7, 5)).astype(np.float32), *rng.integers(7, size=(2, 100))
    stops = np.array([0, 1, 1, 44, 100])
    expected = [(counts[first[:stop]] * counts[second[:stop]]).sum(axis=0) for stop in stops]
    np.testing.assert_array_equal(accepted_in_draws(counts, first, second, stops), expected)


def test_draws_without_a_target_are_passed_over():
    # only speaker 0 has target trials
    ranked = RankedTrials(np.array([2.0, 1.0, 0.0, -1.0]), np.array([True, False, False, False]))
    thinned, exact = rocs(ranked, np.array([0, 0, 1, 1]), np.array([0, 1, 2, 3]), 4, 40, step=0)
    assert [one.false_alarm.tolist() for one in thinned] == [other.false_alarm.tolist() for other in exact]
