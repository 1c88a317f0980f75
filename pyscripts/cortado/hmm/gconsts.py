"""The constants of Gaussians with Kaldi's rounding, compiled: C's logf, which this calls, and numpy's differ in last bits."""

import math

import numpy as np
from numba import njit

_LOG_2PI = 1.8378770664093454835606594728112


@njit(cache=True, nogil=True)
def kaldi_gconsts(weights, means_invvars, inv_vars):
    """(G,) float32, as DiagGmm::ComputeGconsts adds them up, so that model files have Kaldi's bytes.

    weights (G,), means over variances and 1 over variances (G, D), float32.
    """
    num_gauss, dim = inv_vars.shape
    gconsts = np.empty(num_gauss, np.float32)
    for gauss in range(num_gauss):
        total = np.float32(np.float32(math.log(weights[gauss])) + np.float32(-0.5 * _LOG_2PI * dim))
        for d in range(dim):
            square = 0.5 * means_invvars[gauss, d] * np.float64(means_invvars[gauss, d]) / inv_vars[gauss, d]
            total = np.float32(total + (0.5 * np.float64(math.log(inv_vars[gauss, d])) - square))
        gconsts[gauss] = total
    return gconsts
