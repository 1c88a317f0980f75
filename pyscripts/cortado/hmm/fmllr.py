"""Feature-space maximum likelihood linear regression: an affine transform of the features of each speaker towards the model
(Gales 1998, "Maximum likelihood linear transformations for HMM-based speech recognition", section 3.2 and appendix A).
"""

from dataclasses import dataclass

import numpy as np

from cortado.hmm.exact_sums import rounded
from cortado.hmm.symmetric import unpack_symmetric, weighted_products

ITERATIONS = 40
MIN_FRAMES = 500  # of a speaker: with fewer, no transform is estimated


@dataclass
class FmllrStatistics:
    """Of one speaker: frames; K (D, D + 1), and the upper triangles of G (D, (D + 1) (D + 2) / 2), over vectors [x, 1]; float64."""

    num_frames: float
    linear: np.ndarray
    quadratic: np.ndarray

    @classmethod
    def zeros(cls, dim: int) -> "FmllrStatistics":
        return cls(0.0, np.zeros((dim, dim + 1)), np.zeros((dim, (dim + 1) * (dim + 2) // 2)))

    def add(self, feats: np.ndarray, precisions: np.ndarray, weighted_means: np.ndarray) -> None:
        """feats: (num_frames, D); the others as frame_precisions gives them, zeros for frames to leave out."""
        used = precisions[:, 0] > 0
        extended = np.concatenate([feats[used], np.ones((int(used.sum()), 1), np.float32)], 1)
        self.num_frames += len(extended)
        self.linear += rounded(weighted_means[used].T @ extended)
        self.quadratic += weighted_products(precisions[used], extended)

    def __add__(self, other: "FmllrStatistics") -> "FmllrStatistics":
        return FmllrStatistics(self.num_frames + other.num_frames, self.linear + other.linear, self.quadratic + other.quadratic)


def estimate_fmllr(statistics: FmllrStatistics) -> np.ndarray:
    """The transform (D, D + 1) float64 of [x, 1]; the features themselves where the speaker has fewer frames than MIN_FRAMES."""
    dim = len(statistics.linear)
    transform = np.eye(dim, dim + 1)
    if statistics.num_frames < MIN_FRAMES:
        return transform
    inverse = np.linalg.inv(unpack_symmetric(statistics.quadratic, dim + 1))
    for _ in range(ITERATIONS):
        for d in range(dim):
            transform[d] = _best_row(d, transform, inverse[d], statistics)
    return transform


def compose(after: np.ndarray, before: np.ndarray) -> np.ndarray:
    """The affine transform (D, D + 1) that does `before` and then `after`."""
    dim = len(after)
    composed = after[:, :dim] @ before
    composed[:, dim] += after[:, dim]
    return composed


def fmllr_gain(transform: np.ndarray, statistics: FmllrStatistics) -> float:
    """Log-likelihood that `transform` gains over none, in all frames of the speaker."""
    dim = len(transform)
    quadratic = unpack_symmetric(statistics.quadratic, dim + 1)

    def objective(rows: np.ndarray) -> float:
        fit = np.sum(rows * statistics.linear) - 0.5 * np.einsum("di,dij,dj->", rows, quadratic, rows)
        return statistics.num_frames * np.linalg.slogdet(rows[:, :dim])[1] + fit

    return float(objective(transform) - objective(np.eye(dim, dim + 1)))


def _best_row(d: int, transform: np.ndarray, inverse: np.ndarray, statistics: FmllrStatistics) -> np.ndarray:
    """The row d that maximises the likelihood with the others as they are: of two stationary points, the better one."""
    dim = len(transform)
    cofactors = np.append(np.linalg.inv(transform[:, :dim])[:, d], 0.0)
    along, across = inverse @ cofactors, inverse @ statistics.linear[d]
    a, b, beta = cofactors @ along, cofactors @ across, statistics.num_frames
    roots = (-b + np.array([1, -1]) * np.sqrt(b * b + 4 * a * beta)) / (2 * a)
    gains = beta * np.log(np.abs(roots * a + b)) - 0.5 * roots**2 * a
    return roots[gains.argmax()] * along + across
