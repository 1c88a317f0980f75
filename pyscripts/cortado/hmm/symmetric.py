"""Weighted sums of outer products of many vectors, as one product of matrices; symmetric matrices as their upper triangles."""

import numpy as np

from cortado.hmm.exact_sums import rounded

BLOCK = 2048  # vectors


def weighted_products(weights: np.ndarray, vectors: np.ndarray) -> np.ndarray:
    """(W, D (D + 1) / 2) float64: for each column of weights (n, W) the upper triangle of the sum of weight * v v', for vectors (n, D).

    Sums of a block of vectors are float32 where these are.
    """
    rows, columns = np.triu_indices(vectors.shape[1])
    total = np.zeros((weights.shape[1], len(rows)))
    for begin in range(0, len(vectors), BLOCK):
        block = vectors[begin : begin + BLOCK]
        total += rounded(weights[begin : begin + BLOCK].T @ (block[:, rows] * block[:, columns]))
    return total


def unpack_symmetric(triangles: np.ndarray, dim: int) -> np.ndarray:
    """(W, D (D + 1) / 2) -> (W, D, D)."""
    full = np.empty((len(triangles), dim, dim))
    rows, columns = np.triu_indices(dim)
    full[:, rows, columns] = triangles
    full[:, columns, rows] = triangles
    return full
