"""The total variability model (Dehak et al. 2011): what an i-vector is, and how it is computed.

In the coordinates of Gaussian c, where the UBM's mean is 0 and its covariance the identity, the frames that it accounts for in
an utterance have mean loadings_c w and covariance I, with one w ~ N(0, I) for the utterance: the i-vector is w's posterior mean.
 Its precision is I + sum_c n_c loadings_c' loadings_c. These products are computed once for all utterances, and
what is symmetric is kept as its lower triangle: R(R + 1)/2 numbers, for C = 2048 and R = 400 in all 1.3 GB.

An utterance costs C R^2 to set up its precision, R^3 to factor and invert it, and C D R.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

BATCH = 64  # utterances at once: their precisions, of 400 dimensions, take 0.1 GB
GAUSS_AT_ONCE = 64


@dataclass(frozen=True)
class Extractor:
    """loadings (C, D, R) float64."""

    loadings: Tensor

    @property
    def ivector_dim(self) -> int:
        return self.loadings.shape[2]

    def to(self, device: torch.device) -> "Extractor":
        return Extractor(self.loadings.to(device))

    def products(self) -> Tensor:
        """loadings_c' loadings_c of each Gaussian, (C, R(R + 1)/2)."""
        return torch.cat([pack(part.mT @ part) for part in self.loadings.split(GAUSS_AT_ONCE)])

    def posterior(self, stats: Tensor, products: Tensor) -> "Posterior":
        """The posterior of each utterance's w. stats (U, C, 1 + D) float64, as BaumWelch makes them."""
        zeroth, first = stats[:, :, 0], stats[:, :, 1:].flatten(1)
        information = first @ self.loadings.flatten(0, 1)
        precision = unpack(zeroth @ products, self.ivector_dim)
        precision.diagonal(dim1=1, dim2=2).add_(1)
        chol = torch.linalg.cholesky(precision)
        mean = torch.cholesky_solve(information[:, :, None], chol)[:, :, 0]
        return Posterior(information, chol, mean)


@dataclass(frozen=True)
class Posterior:
    """w of U utterances: `mean` (U, R), the i-vectors; `chol` (U, R, R), the root of its precision; `information` (U, R), the
    precision times the mean.
    """

    information: Tensor
    chol: Tensor
    mean: Tensor

    def log_likes(self) -> Tensor:
        """Log of the statistics' density with w integrated out, less that with w = 0: (U,)."""
        log_det = 2 * self.chol.diagonal(dim1=1, dim2=2).log().sum(1)
        return 0.5 * ((self.information * self.mean).sum(1) - log_det)

    def second_moments(self) -> Tensor:
        """E[w w'], packed: (U, R(R + 1)/2)."""
        return pack(torch.cholesky_inverse(self.chol) + self.mean[:, :, None] * self.mean[:, None, :])


def pack(matrices: Tensor) -> Tensor:
    """The lower triangles of matrices (N, R, R): (N, R(R + 1)/2), row by row."""
    rows, columns = torch.tril_indices(*matrices.shape[1:], device=matrices.device)
    return matrices[:, rows, columns]


def unpack(packed: Tensor, size: int) -> Tensor:
    """The symmetric matrices (N, size, size) of lower triangles (N, size(size + 1)/2)."""
    rows, columns = torch.tril_indices(size, size, device=packed.device)
    matrices = packed.new_empty(len(packed), size, size)
    matrices[:, rows, columns] = matrices[:, columns, rows] = packed
    return matrices
