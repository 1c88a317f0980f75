"""Gaussian mixtures with diagonal or full covariances, and one step of EM, as two matrix products.

A Gaussian is an exponential family: with phi(x) = (1, x, all products x_i x_j), log(weight * density) is linear in phi(x), and
the sums that EM needs are those of posterior * phi(x). For diagonal covariances the products are the squares alone.
"""

import math
from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True)
class Gmm:
    """weights (C,), means (C, D), covariances (C, D) where diagonal or (C, D, D) where full; all float64."""

    weights: Tensor
    means: Tensor
    covariances: Tensor

    @property
    def num_gauss(self) -> int:
        return len(self.weights)

    @property
    def is_full(self) -> bool:
        return self.covariances.ndim == 3

    def to(self, device: torch.device) -> "Gmm":
        return Gmm(self.weights.to(device), self.means.to(device), self.covariances.to(device))

    def with_full_covariances(self) -> "Gmm":
        """The same mixture, its diagonal covariances written as matrices."""
        return Gmm(self.weights, self.means, torch.diag_embed(self.covariances))

    def phi(self, x: Tensor) -> Tensor:
        """x (N, D) -> (N, 1 + D + Q), where Q is D(D + 1)/2, or D where diagonal."""
        num_frames, dim = x.shape
        if not self.is_full:
            return torch.cat([torch.ones_like(x[:, :1]), x, x.square()], 1)
        phi = x.new_empty(num_frames, 1 + dim + dim * (dim + 1) // 2)
        phi[:, 0], phi[:, 1 : 1 + dim] = 1, x
        end = 1 + dim
        for row in range(dim):  # in place: to gather both factors first takes several times as long
            start, end = end, end + row + 1
            torch.mul(x[:, : row + 1], x[:, row : row + 1], out=phi[:, start:end])
        return phi

    def theta(self) -> Tensor:
        """(C, 1 + D + Q) such that phi(x) @ theta.T is the log of weight times density."""
        dim = self.means.shape[1]
        if self.is_full:
            chol = torch.linalg.cholesky(self.covariances)
            precisions = torch.cholesky_inverse(chol)
            log_det = 2 * chol.diagonal(dim1=1, dim2=2).log().sum(1)
            linear = torch.einsum("cij,cj->ci", precisions, self.means)
            rows, columns = _triangle(self.means)
            quadratic = precisions[:, rows, columns] * torch.where(rows == columns, -0.5, -1.0)
        else:
            log_det = self.covariances.log().sum(1)
            linear = self.means / self.covariances
            quadratic = -0.5 / self.covariances
        constant = self.weights.log() - 0.5 * (dim * math.log(2 * math.pi) + log_det + (linear * self.means).sum(1))
        return torch.cat([constant[:, None], linear, quadratic], 1)


def posteriors(theta: Tensor, phi: Tensor) -> tuple[Tensor, Tensor]:
    """The probability of each Gaussian given each frame, (N, C), and the log-likelihood of each frame, (N,).

    theta (C, 1 + D + Q) and phi (N, 1 + D + Q) are of one Gmm.
    """
    log_joint = phi @ theta.T
    log_likes = log_joint.logsumexp(1)
    return (log_joint - log_likes[:, None]).exp_(), log_likes


def maximise(gmm: Gmm, stats: Tensor, variance_floor: float, min_frames: float) -> tuple[Gmm, list[int]]:
    """The M-step: the mixture of greatest likelihood given `stats`, and which Gaussians of `gmm` were dropped.

    stats (C, 1 + D + Q) float64: sums of posterior * phi over all frames, of `gmm`'s own phi. A Gaussian with fewer than
    `min_frames` is dropped, unless that leaves none. No direction keeps less than `variance_floor` times the variance of all
    frames; as that is the maximum under the bound (eigenvalues are raised where the covariance of all frames is the identity),
    the likelihood of EM cannot fall but by a dropped Gaussian.
    """
    kept = stats[:, 0] >= min_frames
    kept |= stats[:, 0] == stats[:, 0].max()
    dropped = torch.nonzero(~kept).flatten().tolist()
    everything = _moments(gmm, stats.sum(0, keepdim=True))[1][0]
    means, covariances = _moments(gmm, stats[kept])
    covariances = _floored(covariances, variance_floor * everything)
    counts = stats[kept, 0]
    return Gmm(counts / counts.sum(), means, covariances), dropped


def _moments(gmm: Gmm, stats: Tensor) -> tuple[Tensor, Tensor]:
    """Means and covariances, in the form of `gmm`'s, of sums of posterior * phi."""
    dim = gmm.means.shape[1]
    averages = stats[:, 1:] / stats[:, :1]
    means, products = averages[:, :dim], averages[:, dim:]
    if not gmm.is_full:
        return means, products - means.square()
    rows, columns = _triangle(means)
    second = products.new_empty(len(products), dim, dim)
    second[:, rows, columns] = second[:, columns, rows] = products
    return means, second - means[:, :, None] * means[:, None, :]


def _floored(covariances: Tensor, floor: Tensor) -> Tensor:
    """Each covariance raised to at least `floor`, of the same form, in every direction."""
    if covariances.ndim == 2:
        return covariances.maximum(floor)
    root = torch.linalg.cholesky(floor)
    whitened = torch.linalg.solve_triangular(root, covariances, upper=False)
    whitened = torch.linalg.solve_triangular(root, whitened.mT, upper=False)
    values, vectors = torch.linalg.eigh(0.5 * (whitened + whitened.mT))
    raised = root @ (vectors * values.clamp_min(1)[:, None, :]) @ vectors.mT @ root.T
    return torch.where((values < 1).any(1)[:, None, None], 0.5 * (raised + raised.mT), covariances)


def _triangle(x: Tensor) -> tuple[Tensor, Tensor]:
    """Rows and columns of the lower triangle of a square matrix with as many rows as x has columns."""
    rows, columns = torch.tril_indices(x.shape[1], x.shape[1], device=x.device)
    return rows, columns
