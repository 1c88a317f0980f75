"""Statistics of aligned frames against sums written out, whatever the threads; posteriors of one kind of features, sums of another."""

import numpy as np
import pytest
from scipy.special import logsumexp

from cortado.hmm.accumulate import accumulate, new_statistics
from cortado.hmm.frame_precisions import frame_precisions
from cortado.hmm.gmm import DiagGmms


@pytest.fixture
def frames(gmms):
    rng = np.random.default_rng(5)
    pdfs = rng.integers(-1, gmms.num_pdfs - 1, 3000)  # the last pdf has none, some frames have none
    gauss = gmms.offsets[np.maximum(pdfs, 0)]
    return (gmms.means[gauss] + rng.normal(size=(3000, gmms.dim))).astype(np.float32), pdfs


def posteriors(feats: np.ndarray, pdf: int, gmms: DiagGmms) -> tuple[np.ndarray, np.ndarray]:
    """(n, Gaussians of the pdf), and their log-likelihoods, float64."""
    own = slice(gmms.offsets[pdf], gmms.offsets[pdf + 1])
    squares = (feats[:, None].astype(np.float64) - gmms.means[own]) ** 2 / gmms.variances[own]
    joint = np.log(gmms.weights[own]) - 0.5 * (squares + np.log(2 * np.pi * gmms.variances[own])).sum(2)
    return np.exp(joint - logsumexp(joint, axis=1, keepdims=True)), logsumexp(joint, axis=1)


def sums_by_hand(scored, summed, pdfs, gmms):
    sums, log_like = np.zeros((gmms.num_gauss, 1 + 2 * gmms.dim)), 0.0
    for pdf in range(gmms.num_pdfs):
        shares, log_likes = posteriors(scored[pdfs == pdf], pdf, gmms)
        wide = summed[pdfs == pdf].astype(np.float64)
        own = slice(gmms.offsets[pdf], gmms.offsets[pdf + 1])
        sums[own] = shares.T @ np.column_stack([np.ones(len(wide)), wide, wide**2])
        log_like += log_likes.sum()
    return sums, log_like


def test_statistics_are_the_sums_of_posteriors_frames_and_squares(frames, gmms):
    feats, pdfs = frames
    statistics = new_statistics(gmms)
    accumulate(statistics, feats, pdfs, gmms)
    sums, log_like = sums_by_hand(feats, feats, pdfs, gmms)
    np.testing.assert_allclose(statistics.sums, sums, rtol=1e-4, atol=1e-2)
    assert statistics.log_likes.sum() == pytest.approx(log_like, rel=1e-6)
    assert statistics.sums[:, 0].sum() == pytest.approx(np.count_nonzero(pdfs >= 0))


def test_posteriors_can_be_of_other_features_than_the_sums(frames, gmms):
    feats, pdfs = frames
    other = (feats * 0.5 + 3).astype(np.float32)
    statistics = new_statistics(gmms)
    accumulate(statistics, feats, pdfs, gmms, summed_feats=other)
    np.testing.assert_allclose(statistics.sums, sums_by_hand(feats, other, pdfs, gmms)[0], rtol=1e-4, atol=1e-2)


def test_the_number_of_threads_changes_no_bit(frames, gmms):
    feats, pdfs = frames
    found = []
    for num_threads in (1, 2, 5):
        found.append(new_statistics(gmms))
        accumulate(found[-1], feats, pdfs, gmms, num_threads)
    for other in found[1:]:
        np.testing.assert_array_equal(other.sums, found[0].sums)
        np.testing.assert_array_equal(other.log_likes, found[0].log_likes)


def test_precisions_of_a_frame_are_averaged_with_its_posteriors(frames, gmms):
    feats, pdfs = frames
    precisions, weighted_means = frame_precisions(feats, pdfs, gmms)
    for pdf in (0, 3):
        shares, _ = posteriors(feats[pdfs == pdf], pdf, gmms)
        own = slice(gmms.offsets[pdf], gmms.offsets[pdf + 1])
        np.testing.assert_allclose(precisions[pdfs == pdf], shares @ (1 / gmms.variances[own]), rtol=1e-4)
        np.testing.assert_allclose(weighted_means[pdfs == pdf], shares @ (gmms.means[own] / gmms.variances[own]), rtol=1e-3, atol=1e-3)
    assert not precisions[pdfs < 0].any() and not weighted_means[pdfs < 0].any()
