"""The M-step: maximum likelihood, what is removed, and splitting."""

import numpy as np
import pytest

from cortado.hmm.accumulate import accumulate, new_statistics
from cortado.hmm.gmm import DiagGmms
from cortado.hmm.update import maximise, mix_up, split_targets, variance_of_all


def single(num_pdfs: int, dim: int = 2) -> DiagGmms:
    return DiagGmms(np.arange(num_pdfs + 1), np.ones(num_pdfs), np.zeros((num_pdfs, dim)), np.ones((num_pdfs, dim)))


def test_one_gaussian_gets_mean_and_variance_of_its_frames():
    rng = np.random.default_rng(0)
    feats, pdfs = rng.normal(3, 2, (500, 2)).astype(np.float32), rng.integers(0, 2, 500)
    statistics = new_statistics(single(2))
    accumulate(statistics, feats, pdfs, single(2))
    found = maximise(single(2), statistics.sums, np.full(2, 1e-3)).gmms
    for pdf in range(2):
        np.testing.assert_allclose(found.means[pdf], feats[pdfs == pdf].mean(0), rtol=1e-4)
        np.testing.assert_allclose(found.variances[pdf], feats[pdfs == pdf].var(0), rtol=1e-4)
    np.testing.assert_allclose(variance_of_all(statistics.sums), feats.var(0), rtol=1e-4)


def test_em_with_splits_comes_to_the_likelihood_of_the_truth_and_never_loses_any():
    rng = np.random.default_rng(1)
    centres = np.array([[-9.0, 1], [6, 0], [7, 8], [0, -6]])
    feats = (centres[rng.integers(4, size=4000)] + rng.normal(size=(4000, 2))).astype(np.float32)
    truth = DiagGmms(np.array([0, 4]), np.full(4, 0.25), centres, np.ones((4, 2)))
    gmms, log_likes = single(1), []
    for iteration in range(60):
        statistics = new_statistics(gmms)
        accumulate(statistics, feats, np.zeros(4000, int), gmms)
        log_likes.append(statistics.log_likes.sum())
        gmms = maximise(gmms, statistics.sums, np.full(2, 1e-3)).gmms
        if iteration in (3, 30):
            gmms = mix_up(gmms, np.array([4000.0]), 2 * gmms.num_gauss, 0.25, np.random.default_rng(iteration))
    gains = np.diff(np.delete(log_likes, [4, 31]))  # the perturbed halves of a split may be a little worse at first
    assert (gains > -0.01).all() and gmms.num_gauss == 4
    assert log_likes[-1] > truth.log_likes(feats).sum()


def test_gaussians_with_few_frames_go_but_never_the_last_of_a_pdf():
    gmms = DiagGmms(np.array([0, 3, 5]), np.array([0.5, 0.3, 0.2, 0.6, 0.4]), np.arange(5.0)[:, None], np.ones((5, 1)))
    sums = np.array([[100, 200, 500], [5, 10, 30], [50, 50, 100], [3, 9, 28], [1, 1, 2]], float)
    update = maximise(gmms, sums, np.array([0.1]))
    assert update.num_removed == 2
    np.testing.assert_array_equal(update.gmms.offsets, [0, 2, 3])
    np.testing.assert_allclose(update.gmms.weights, [100 / 150, 50 / 150, 1])
    np.testing.assert_allclose(update.gmms.means[:, 0], [2, 1, 3])  # the last one is as it was


def test_variances_are_raised_to_the_floor_and_counted():
    update = maximise(single(1, dim=1), np.array([[100, 0, 1e-4]]), np.array([0.01]))
    assert update.num_floored == 1 and update.gmms.variances[0, 0] == 0.01


def test_splits_go_to_pdfs_by_the_power_of_their_frames_while_there_are_enough():
    targets = split_targets(np.array([10_000.0, 10_000.0, 30.0, 0.0]), np.array([1, 1, 1, 1]), 20, power=0.25)
    np.testing.assert_array_equal(targets, [9, 9, 1, 1])
    assert split_targets(np.array([100.0]), np.array([1]), 50, power=0.25)[0] == 4  # of at least 20 frames each
    uneven = split_targets(np.array([16_000.0, 1_000.0]), np.array([1, 1]), 30, power=0.5)
    assert uneven.sum() == 30 and uneven[0] / uneven[1] == pytest.approx(4, rel=0.15)


def test_splitting_keeps_weights_and_means_of_every_pdf(gmms):
    counts = np.full(gmms.num_pdfs, 1e4)
    split = mix_up(gmms, counts, gmms.num_gauss + 40, 0.25, np.random.default_rng(0))
    assert split.num_gauss == gmms.num_gauss + 40
    before, after = (np.add.reduceat(model.weights[:, None] * model.means, model.offsets[:-1]) for model in (gmms, split))
    np.testing.assert_allclose(after, before, atol=1e-9)
    again = mix_up(gmms, counts, gmms.num_gauss + 40, 0.25, np.random.default_rng(0))
    np.testing.assert_array_equal(again.means, split.means)
