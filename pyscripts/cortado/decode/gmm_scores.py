"""Log-likelihoods of the frames of an utterance under every pdf of a model."""

import numpy as np
from numba import njit

from cortado.hmm.gmm import DiagGmms
from cortado.hmm.log_sum_exp import log_sum_exp

BLOCK = 256  # frames: the products of a block stay in the processor's cache


class GmmScorer:
    """Scores features under all mixtures of a model. Threads may share it."""

    def __init__(self, gmms: DiagGmms):
        self.dim, self.offsets, self.rows = gmms.dim, gmms.offsets, gmms.packed()

    def __call__(self, feats: np.ndarray) -> np.ndarray:
        """feats (num_frames, D) float32 -> (num_frames, num_pdfs) float32, natural logs."""
        log_likes = np.empty((len(feats), len(self.offsets) - 1), np.float32)
        for begin in range(0, len(feats), BLOCK):
            block = np.ascontiguousarray(feats[begin : begin + BLOCK].T, np.float32)
            terms = np.concatenate([np.ones_like(block[:1]), block, block * block])
            score_block(self.rows, self.offsets, terms, log_likes[begin : begin + BLOCK])
        return log_likes


@njit(cache=True, nogil=True)
def score_block(rows: np.ndarray, offsets: np.ndarray, terms: np.ndarray, log_likes: np.ndarray) -> None:
    """rows: DiagGmms.packed; terms: (1 + 2 D, num_frames), 1, x, x squared of each frame; log_likes: (num_frames, num_pdfs) to fill."""
    num_frames = terms.shape[1]
    bits, totals, log_sums = np.empty(num_frames, np.int32), np.empty(num_frames, np.float32), np.empty(num_frames, np.float32)
    for pdf in range(len(offsets) - 1):
        scores = np.dot(rows[offsets[pdf] : offsets[pdf + 1]], terms)
        log_sum_exp(scores, bits, totals, log_sums)
        for frame in range(num_frames):
            log_likes[frame, pdf] = log_sums[frame]
