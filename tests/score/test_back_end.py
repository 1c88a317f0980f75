"""The scorer of a list in pieces: the same bits however the list is cut."""

import numpy as np
import pytest

from cortado.score import asnorm, back_end, cosine
from cortado.score.back_end import CosineScorer, make_cohort
from cortado.score.embeddings import Embeddings

DIM, NUM = 64, 210


def table(source, num, seed):
    vectors = np.random.default_rng(seed).standard_normal((num, DIM)).astype(np.float32) + 0.5
    return Embeddings(source, [f"{source}{i}" for i in range(num)], vectors)


def scorer(norm, num_trials, used=None):
    test, training = table("t", NUM, 0), table("c", 90, 1)
    cohort = make_cohort(training, {key: f"s{i % 30}" for i, key in enumerate(training.keys)}, "utt2spk")
    return CosineScorer(test, test, norm, cohort, 7, num_trials, used)


@pytest.mark.parametrize("norm", ["none", "inner", "mean", "asnorm"])
@pytest.mark.parametrize("way", ["score_gathered", "score_dense"])
def test_a_score_does_not_depend_on_the_piece_that_its_trial_is_in(norm, way, monkeypatch):
    monkeypatch.setattr(cosine, "GATHER_COST", {"score_gathered": 0, "score_dense": 1e9}[way])
    monkeypatch.setattr(cosine, "DENSE_BYTES", 33 * NUM * 4)  # 33 enrolment rows a block
    monkeypatch.setattr(asnorm, "BLOCK_BYTES", 16 * 30 * 4)
    rows = np.random.default_rng(2).integers(NUM, size=(2, 500))
    whole = scorer(norm, 500)(*rows)
    for cuts in ([250], [1, 2, 499], range(37, 500, 37)):
        pieces = np.split(rows, cuts, axis=1)
        np.testing.assert_array_equal(np.concatenate([scorer(norm, 500)(*piece) for piece in pieces]), whole)
        one_by_one = scorer(norm, 500)
        np.testing.assert_array_equal(np.concatenate([one_by_one(*piece) for piece in pieces[::-1]][::-1]), whole)


@pytest.mark.parametrize("norm", ["none", "asnorm"])
def test_leaving_out_unused_embeddings_changes_no_more_than_rounding(norm):
    rows = np.random.default_rng(2).integers(40, NUM, size=(2, 500))
    used = tuple(map(np.unique, rows))
    np.testing.assert_allclose(scorer(norm, 500, used)(*rows), scorer(norm, 500)(*rows), atol=1e-5)


def test_only_used_rows_are_multiplied(monkeypatch):
    sizes = []
    monkeypatch.setattr(back_end, "score_pairs", lambda enrol, test, *_: sizes.append((len(enrol), len(test))) or np.zeros(3))
    scorer("none", 3, (np.array([3, 70]), np.array([1, 2, 9])))(np.array([70, 3, 3]), np.array([9, 1, 2]))
    assert sizes == [(2, 3)]


def test_the_inner_product_of_means_of_unit_vectors_is_the_mean_of_their_cosines():
    crops = np.random.default_rng(3).standard_normal((2, 10, DIM)).astype(np.float32)
    units = crops / np.linalg.norm(crops, axis=2, keepdims=True)
    means = Embeddings("t", ["a", "b"], units.mean(axis=1))
    score = CosineScorer(means, means, "inner", None, 0, 1)(np.array([0]), np.array([1]))
    assert score == pytest.approx((units[0] @ units[1].T).mean(), abs=2e-6)
