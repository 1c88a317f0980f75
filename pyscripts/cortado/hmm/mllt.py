"""Maximum likelihood linear transform: the square matrix that makes diagonal covariances fit best (Gales 1999, "Semi-tied covariance
matrices for hidden Markov models", equations 22 to 25 with one class).
"""

import numpy as np

from cortado.hmm.gmm import DiagGmms
from cortado.hmm.symmetric import unpack_symmetric

ITERATIONS = 60
GAUSS_BLOCK = 1024  # Gaussians whose outer products of means are in memory at once


def scatter_of_dimensions(weighted: np.ndarray, sums: np.ndarray, gmms: DiagGmms) -> np.ndarray:
    """G (D, D, D) float64: for each dimension d the scatter of all frames around the means, each Gaussian weighted with its
    precision in d.

    weighted: (D, D (D + 1) / 2): sums over frames of precision_d * products of the features; sums: of Statistics, of the same frames.
    """
    dim = gmms.dim
    scatter = unpack_symmetric(weighted, dim)
    for begin in range(0, gmms.num_gauss, GAUSS_BLOCK):
        part = slice(begin, begin + GAUSS_BLOCK)
        means, first = gmms.means[part], sums[part, 1 : 1 + dim]
        centre = sums[part, 0, None] * means - 2 * first  # its product with the means, made symmetric, is what centring takes away
        outer = (centre[:, :, None] * means[:, None, :]).reshape(len(means), -1)
        scatter += ((1 / gmms.variances[part]).T @ outer).reshape(dim, dim, dim)
    return (scatter + scatter.transpose(0, 2, 1)) / 2


def estimate_mllt(scatter: np.ndarray, num_frames: float) -> np.ndarray:
    """The transform (D, D) float64 of the present features, from their scatter (D, D, D)."""
    dim = len(scatter)
    inverse, transform = np.linalg.inv(scatter), np.eye(dim)
    for _ in range(ITERATIONS):
        for d in range(dim):
            cofactors = np.linalg.inv(transform)[:, d]
            direction = inverse[d] @ cofactors
            transform[d] = direction * np.sqrt(num_frames / (cofactors @ direction))
    return transform


def mllt_gain(transform: np.ndarray, scatter: np.ndarray, num_frames: float) -> float:
    """Log-likelihood per frame that `transform` gains over none, for Gaussians that keep their variances."""
    fit = np.einsum("di,dij,dj->", transform, scatter, transform) - np.einsum("ddd->", scatter)
    return float(np.linalg.slogdet(transform)[1] - 0.5 * fit / num_frames)
