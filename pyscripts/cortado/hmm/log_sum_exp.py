"""log(sum(exp)) over the Gaussians of a pdf, for many frames at once, in a form that compilers turn into vector instructions.

math.exp inside a loop is a call for each number; here exp is 2 to a whole number, put into the exponent of a float32 bit by bit, times a
polynomial for the rest. Frames are the inner index, so every loop runs over numbers that lie side by side.
"""

import math

import numpy as np
from numba import njit

LOG2_E = np.float32(1.4426950408889634)
# Below exp(-80) a Gaussian adds nothing to a float32 sum; and 2 to such a power is no denormal number.
SMALLEST_EXPONENT = np.float32(-80.0)
# 2**f for f in [0, 1): the minimax polynomial of degree 5 by Remez' algorithm, relative error 7.5e-8.
C0, C1, C2 = np.float32(0.99999994), np.float32(0.6931531), np.float32(0.24015361)
C3, C4, C5 = np.float32(0.055826318), np.float32(0.0089893397), np.float32(0.0018775767)


# "contract" allows a * b + c as one instruction and "nsz" a maximum that does not ask for the sign of zero; neither reorders a sum
@njit(cache=True, nogil=True, error_model="numpy", fastmath={"contract", "nsz"})
def log_sum_exp(scores, bits, totals, log_sums):
    """Put log(sum over m of exp(scores[m, n])) into log_sums[n], exp(scores[m, n] - max) into scores, their sums into totals.

    scores: (num_gauss, num_frames) float32. bits: int32 scratch, totals, log_sums: float32, all of at least num_frames.
    """
    num_gauss, num_frames = scores.shape
    powers = bits.view(np.float32)
    for n in range(num_frames):
        log_sums[n] = scores[0, n]
        totals[n] = np.float32(0)
    for m in range(1, num_gauss):
        for n in range(num_frames):
            log_sums[n] = max(log_sums[n], scores[m, n])
    for m in range(num_gauss):
        for n in range(num_frames):
            exponent = max(scores[m, n] - log_sums[n], SMALLEST_EXPONENT) * LOG2_E
            whole = math.floor(exponent)
            f = np.float32(exponent - whole)
            bits[n] = (np.int32(whole) + np.int32(127)) << np.int32(23)
            scores[m, n] = ((((C5 * f + C4) * f + C3) * f + C2) * f + C1) * f + C0
        for n in range(num_frames):
            scores[m, n] *= powers[n]
            totals[n] += scores[m, n]
    for n in range(num_frames):
        log_sums[n] += math.log(totals[n])
