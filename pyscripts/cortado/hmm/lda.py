"""Linear discriminant analysis of spliced frames, classes being the pdfs of an alignment (Haeb-Umbach & Ney 1992)."""

from dataclasses import dataclass

import numpy as np
import scipy

from cortado.errors import CortadoError
from cortado.hmm.exact_sums import rounded

BLOCK = 8192  # frames
SMALLEST_SHARE = 1e-7  # of the mean variance, added to each within the classes: a dimension may be constant


@dataclass
class LdaStatistics:
    """counts (C,), sums (C, D) of each class, products (D, D) of all frames; float64."""

    counts: np.ndarray
    sums: np.ndarray
    products: np.ndarray

    @classmethod
    def zeros(cls, num_classes: int, dim: int) -> "LdaStatistics":
        return cls(np.zeros(num_classes), np.zeros((num_classes, dim)), np.zeros((dim, dim)))

    def add(self, feats: np.ndarray, classes: np.ndarray) -> None:
        """feats: (num_frames, D); classes: (num_frames,) int, negative for frames to leave out."""
        feats, classes = feats[classes >= 0], classes[classes >= 0]
        for begin in range(0, len(feats), BLOCK):
            block, of_block = feats[begin : begin + BLOCK].astype(np.float64), classes[begin : begin + BLOCK]
            self.counts += np.bincount(of_block, minlength=len(self.counts))
            sums = np.zeros_like(self.sums)
            np.add.at(sums, of_block, block)
            self.sums += rounded(sums)
            self.products += rounded(block.T @ block)


def estimate_lda(statistics: LdaStatistics, dim: int) -> np.ndarray:
    """The transform (dim, D) float64; its rows give the features unit covariance within classes, the most telling one first.

    Raises CortadoError when there are not more frames and classes than that needs.
    """
    counts, num_frames = statistics.counts, statistics.counts.sum()
    seen = counts > 0
    if seen.sum() <= dim or num_frames <= len(statistics.products):
        raise CortadoError(f"LDA to {dim} dimensions needs more than {seen.sum()} classes and {num_frames:.0f} frames")
    mean = statistics.sums.sum(0) / num_frames
    total = statistics.products / num_frames - np.outer(mean, mean)
    centred = statistics.sums[seen] / counts[seen, None] - mean
    between = (centred.T * counts[seen]) @ centred / num_frames
    within = total - between
    within += SMALLEST_SHARE * np.trace(within) / len(within) * np.eye(len(within))
    _, directions = scipy.linalg.eigh(between, within)
    return _with_fixed_signs(directions[:, ::-1][:, :dim].T)


def _with_fixed_signs(rows: np.ndarray) -> np.ndarray:
    """Eigenvectors are up to a sign: the largest element of each row is made positive, on any machine."""
    largest = np.take_along_axis(rows, np.abs(rows).argmax(1)[:, None], 1)
    return rows * np.sign(largest)
