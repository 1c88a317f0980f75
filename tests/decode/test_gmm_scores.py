"""Log-likelihoods of all pdfs, block by block, against the densities written out."""

import numpy as np

from cortado.decode.gmm_scores import BLOCK, GmmScorer
from cortado.hmm.gmm import DiagGmms


def test_scores_are_the_log_densities_of_the_mixtures_across_blocks():
    rng = np.random.default_rng(0)
    offsets = np.array([0, 1, 4, 6])
    weights = np.array([1.0, 0.2, 0.3, 0.5, 0.9, 0.1])
    gmms = DiagGmms(offsets, weights, rng.standard_normal((6, 5)), rng.uniform(0.5, 2, (6, 5)))
    feats = rng.standard_normal((2 * BLOCK + 7, 5)).astype(np.float32)
    found = GmmScorer(gmms)(feats)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, gmms.log_likes(feats), atol=1e-4)
