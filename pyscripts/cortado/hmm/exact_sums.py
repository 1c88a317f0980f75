"""Sums of float64 that do not depend on the order of their terms, so that any number of ranks trains the same model to the last bit.

EM with splits is not stable: two Gaussians of equal weight that differ in the last bit are split in another order, and the models go apart. So
terms are rounded to multiples of a small unit. Such sums are exact, whatever their order, while they stay below 2**53 units, which is
1.4e11; the unit, 1.5e-5, is far below what float32 features leave of a term. Beyond that they are as good as any other sum.
"""

import numpy as np
from numba import njit

UNIT = 2.0**-16


def rounded(terms: np.ndarray) -> np.ndarray:
    """float64 multiples of UNIT."""
    return np.rint(np.asarray(terms, np.float64) / UNIT) * UNIT


@njit(cache=True, nogil=True)
def add_rounded(total, terms):
    """Add `terms` (n, D) float32, rounded, to `total` (n, D) float64."""
    for row in range(total.shape[0]):
        for column in range(total.shape[1]):
            total[row, column] += np.rint(np.float64(terms[row, column]) / UNIT) * UNIT
