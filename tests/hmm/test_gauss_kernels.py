"""The compiled scores and weighted sums of frames against numpy in float64, for sizes that no vector or unrolled loop divides."""

import numpy as np
import pytest

from cortado.hmm.gauss_kernels import PADDING, gauss_scores, weighted_sums
from cortado.hmm.gmm import DiagGmms

SIZES = [(1, 1, 1), (3, 2, 31), (4, 7, 32), (39, 5, 33), (6, 9, 256)]  # dimensions, Gaussians, frames


def columns(frames: np.ndarray) -> np.ndarray:
    """(D, frames and padding) float32; what is in the padding must not matter."""
    return np.pad(frames.astype(np.float32).T, ((0, 0), (0, PADDING)), constant_values=7.0)


@pytest.mark.parametrize(("dim", "num_gauss", "num_frames"), SIZES)
def test_scores_are_the_log_likelihoods_of_the_gaussians(dim, num_gauss, num_frames):
    rng = np.random.default_rng(dim)
    means, variances = rng.normal(size=(num_gauss, dim)), rng.uniform(0.5, 3, (num_gauss, dim))
    gmms = DiagGmms(np.arange(num_gauss + 1), rng.uniform(0.1, 1, num_gauss), means, variances)  # a Gaussian a pdf
    frames, scores = rng.normal(size=(num_frames, dim)), np.empty((num_gauss, num_frames), np.float32)
    gauss_scores(gmms.packed(), columns(frames), scores)
    np.testing.assert_allclose(scores, gmms.log_likes(frames).T, rtol=2e-5, atol=1e-4)


@pytest.mark.parametrize(("dim", "num_gauss", "num_frames"), SIZES)
def test_sums_are_products_of_posteriors_with_frames_and_squares(dim, num_gauss, num_frames):
    rng = np.random.default_rng(dim)
    frames, posteriors = rng.normal(size=(num_frames, dim)), rng.random((num_gauss, num_frames)).astype(np.float32)
    sums = np.empty((num_gauss, 1 + 2 * dim), np.float32)
    weighted_sums(posteriors, columns(frames), sums)
    expected = posteriors.astype(np.float64) @ np.column_stack([np.ones(num_frames), frames, frames**2])
    np.testing.assert_allclose(sums, expected, rtol=1e-5, atol=1e-4)
