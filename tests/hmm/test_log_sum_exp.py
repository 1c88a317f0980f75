"""The vectorised log-sum-exp against scipy's, also where values are far apart."""

import numpy as np
import pytest
from scipy.special import logsumexp

from cortado.hmm.log_sum_exp import log_sum_exp


@pytest.mark.parametrize(("num_gauss", "num_frames", "spread"), [(1, 3, 1), (2, 33, 500), (20, 256, 20), (7, 5, 0)])
def test_sums_and_posteriors_are_those_of_scipy(num_gauss, num_frames, spread):
    scores = (-80 + spread * np.random.default_rng(0).normal(size=(num_gauss, num_frames))).astype(np.float32)
    found = scores.copy()
    bits, totals, sums = np.empty(num_frames, np.int32), np.empty(num_frames, np.float32), np.empty(num_frames, np.float32)
    log_sum_exp(found, bits, totals, sums)
    expected = logsumexp(scores.astype(np.float64), axis=0)
    np.testing.assert_allclose(sums, expected, rtol=2e-7, atol=1e-6)
    np.testing.assert_allclose(found / totals, np.exp(scores - expected), rtol=1e-5, atol=1e-30)


def test_a_gaussian_without_weight_counts_for_nothing_and_makes_no_nan():
    scores = np.array([[-np.inf, -5.0], [-2.0, -5.0]], np.float32)
    sums = np.empty(2, np.float32)
    log_sum_exp(scores, np.empty(2, np.int32), np.empty(2, np.float32), sums)
    np.testing.assert_allclose(sums, [-2, -5 + np.log(2)], rtol=1e-6)
