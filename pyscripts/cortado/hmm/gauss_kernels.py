"""Scores of frames under diagonal Gaussians, and sums of frames weighted with posteriors, compiled.

`frames` is (D, at least num_frames) float32, a column for each frame: inner loops run over frames, which lie side by side, and become vector
instructions. Products of so small matrices, a few Gaussians by some hundred frames, take BLAS longer to set up than to compute.
"""

import numpy as np
from numba import njit

VECTOR = 32  # frames: a whole number of turns of a vectorised loop; a rest would be taken frame by frame
# Columns of `frames` beyond those in use, so that its rows do not all fall into the same few sets of the processor's cache.
PADDING = 16


# "contract" allows a * b + c as one instruction, "nsz" 0 for -0
@njit(cache=True, nogil=True, error_model="numpy", fastmath={"contract", "nsz"})
def gauss_scores(rows, frames, scores):
    """Fill `scores` (num_gauss, num_frames) float32 with the log-likelihoods of the first frames.

    rows: (num_gauss, 1 + 2 D) float32, DiagGmms.packed(). Four dimensions are added at once, so that a score is loaded and stored once for them.
    """
    num_gauss, num_frames = scores.shape
    dim = len(frames)
    for m in range(num_gauss):
        for n in range(num_frames):
            scores[m, n] = rows[m, 0]
    for d in range(0, dim - 3, 4):
        x0, x1, x2, x3 = frames[d], frames[d + 1], frames[d + 2], frames[d + 3]
        for m in range(num_gauss):
            a0, a1, a2, a3 = rows[m, 1 + d], rows[m, 2 + d], rows[m, 3 + d], rows[m, 4 + d]
            b0, b1, b2, b3 = rows[m, dim + 1 + d], rows[m, dim + 2 + d], rows[m, dim + 3 + d], rows[m, dim + 4 + d]
            for n in range(num_frames):
                scores[m, n] += (
                    (b0 * x0[n] + a0) * x0[n] + (b1 * x1[n] + a1) * x1[n] + (b2 * x2[n] + a2) * x2[n] + (b3 * x3[n] + a3) * x3[n]
                )
    for d in range(dim // 4 * 4, dim):
        x0 = frames[d]
        for m in range(num_gauss):
            a0, b0 = rows[m, 1 + d], rows[m, dim + 1 + d]
            for n in range(num_frames):
                scores[m, n] += (b0 * x0[n] + a0) * x0[n]


# "reassoc" lets a sum be made of several partial ones; how many is fixed when this is compiled, so the same frames give the same bits
@njit(cache=True, nogil=True, error_model="numpy", fastmath={"contract", "nsz", "reassoc"})
def weighted_sums(posteriors, frames, sums):
    """Fill `sums` (num_gauss, 1 + 2 D) float32: sums of `posteriors` (num_gauss, num_frames), and weighted with them of frames and squares."""
    num_gauss, num_frames = posteriors.shape
    dim = len(frames)
    for m in range(num_gauss):
        total = np.float32(0)
        for n in range(num_frames):
            total += posteriors[m, n]
        sums[m, 0] = total
        for d in range(dim):
            linear, quadratic = np.float32(0), np.float32(0)
            for n in range(num_frames):
                weighted = posteriors[m, n] * frames[d, n]
                linear += weighted
                quadratic += weighted * frames[d, n]
            sums[m, 1 + d], sums[m, 1 + dim + d] = linear, quadratic
