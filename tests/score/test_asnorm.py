"""Adaptive score normalisation against the formula written as a slow loop."""

import numpy as np
import pytest

from cortado.errors import ConfigError
from cortado.score import asnorm
from cortado.score.back_end import CosineScorer, make_cohort
from cortado.score.embeddings import Embeddings


def table(source, num, dim=12, seed=0):
    vectors = np.random.default_rng(seed).standard_normal((num, dim)).astype(np.float32) + 0.5
    return Embeddings(source, [f"{source}{i}" for i in range(num)], vectors)


def unit(vector):
    return vector / np.linalg.norm(vector)


def slow_asnorm(enrol, test, training, speaker_of, top_n):
    """One trial after Matejka et al. 2017, everything from scratch in float64."""
    mean = training.mean(axis=0)
    enrol, test, training = unit(enrol - mean), unit(test - mean), np.array([unit(x - mean) for x in training])
    cohort = [unit(np.mean([x for x, s in zip(training, speaker_of, strict=True) if s == speaker], axis=0)) for speaker in set(speaker_of)]
    normalised = []
    for side in (enrol, test):
        top = sorted((side @ member for member in cohort), reverse=True)[:top_n]
        normalised.append((enrol @ test - np.mean(top)) / np.std(top))
    return np.mean(normalised)


@pytest.mark.parametrize("top_n", [2, 5, 9])
def test_asnorm_equals_a_slow_loop_over_trials(top_n, monkeypatch):
    monkeypatch.setattr(asnorm, "BLOCK_BYTES", 3 * 9 * 4)  # three embeddings a block
    enrol, test, training = table("e", 7, seed=1), table("t", 8, seed=2), table("c", 31, seed=3)
    utt2spk = {key: f"s{i % 9}" for i, key in enumerate(training.keys)}
    rows = np.array([0, 6, 3, 3, 1]), np.array([7, 0, 2, 5, 5])
    found = CosineScorer(enrol, test, "asnorm", make_cohort(training, utt2spk, "utt2spk"), top_n, len(rows[0]))(*rows)
    vectors = [x.vectors.astype(np.float64) for x in (enrol, test, training)]
    expected = [slow_asnorm(vectors[0][e], vectors[1][t], vectors[2], list(utt2spk.values()), top_n) for e, t in zip(*rows, strict=True)]
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5)


def test_asnorm_does_not_depend_on_which_side_enrols():
    enrol, test, training = table("e", 6, seed=1), table("t", 6, seed=2), table("c", 20, seed=3)
    cohort = make_cohort(training, {key: key for key in training.keys}, "utt2spk")
    rows = np.arange(6), np.arange(6)[::-1]
    forward = CosineScorer(enrol, test, "asnorm", cohort, 10, 6)(*rows)
    backward = CosineScorer(test, enrol, "asnorm", cohort, 10, 6)(*reversed(rows))
    np.testing.assert_array_equal(forward, backward)


def test_statistics_do_not_depend_on_which_trials_come_first(monkeypatch):
    monkeypatch.setattr(asnorm, "BLOCK_BYTES", 4 * 20 * 4)  # four embeddings a block
    side, cohort = table("e", 30, seed=1).unit(), table("c", 20, seed=3).unit()
    scores = np.random.default_rng(0).random(30)
    rows = np.random.default_rng(1).permutation(30)
    whole = asnorm.NormalisedSide(side, cohort, 5)(scores, rows)
    pieces = asnorm.NormalisedSide(side, cohort, 5)
    later = pieces(scores[20:], rows[20:])
    np.testing.assert_array_equal(np.append(pieces(scores[:20], rows[:20]), later), whole)


def test_only_the_statistics_of_embeddings_that_occur_are_computed(monkeypatch):
    monkeypatch.setattr(asnorm, "BLOCK_BYTES", 4 * 20 * 4)
    sizes, compute = [], asnorm.cohort_statistics
    monkeypatch.setattr(asnorm, "cohort_statistics", lambda side, *rest: sizes.append(len(side)) or compute(side, *rest))
    side, cohort = table("e", 30, seed=1).unit(), table("c", 20, seed=3).unit()
    asnorm.NormalisedSide(side, cohort, 5)(np.zeros(5), np.array([1, 2, 29, 3, 28]))
    assert sizes == [4, 2]


def test_statistics_over_the_whole_cohort_are_its_plain_mean_and_deviation():
    side, cohort = table("e", 6, seed=1).unit().vectors, table("c", 20, seed=3).unit().vectors
    means, deviations = asnorm.cohort_statistics(side, cohort, 20)
    all_scores = side.astype(np.float64) @ cohort.T.astype(np.float64)
    np.testing.assert_allclose(means, all_scores.mean(axis=1), atol=1e-6)
    np.testing.assert_allclose(deviations, all_scores.std(axis=1), atol=1e-6)


def test_statistics_are_those_of_the_highest_of_many_scores():
    side, cohort = table("e", 5, seed=1).unit().vectors, table("c", 700, seed=3).unit().vectors
    means, deviations = asnorm.cohort_statistics(side, cohort, 400)
    highest = np.sort(side.astype(np.float64) @ cohort.T.astype(np.float64), axis=1)[:, -400:]
    np.testing.assert_allclose(means, highest.mean(axis=1), atol=1e-6)
    np.testing.assert_allclose(deviations, highest.std(axis=1), atol=1e-6)


@pytest.mark.parametrize("top_n", [1, 21])
def test_top_n_outside_the_cohort_is_refused(top_n):
    with pytest.raises(ConfigError, match=f"top-n is {top_n}, but must be at least 2 and at most the 20 speakers"):
        asnorm.cohort_statistics(table("e", 3).vectors, table("c", 20).vectors, top_n)


def test_cohort_of_copies_is_refused_naming_the_embedding():
    side, cohort = table("e", 3, seed=1).unit(), Embeddings("copies", ["a", "b", "c"], np.tile(unit(np.ones(12, np.float32)), (3, 1)))
    with pytest.raises(ConfigError, match=r"nearest to e0 are all equal.*copies"):
        asnorm.NormalisedSide(side, cohort, 2)(np.zeros(3), np.arange(3))
