"""Probabilistic linear discriminant analysis with two covariances: how a speaker's voice varies, and how speakers differ.

    x = mean + y + z,   y ~ N(0, B) once for each speaker,   z ~ N(0, W) anew in each utterance

S. Ioffe, "Probabilistic linear discriminant analysis", ECCV 2006; the model of Kaldi's ivector-compute-plda. In the basis that makes
W the identity and B diagonal (psi), every dimension is a model of its own, in training as in scoring.

The score of a trial is the logarithm of how much likelier the test vector is from the enrolled speaker than from anyone:

    log N(x; n psi / (1 + n psi) m, 1 + psi / (1 + n psi)) - log N(x; 0, 1 + psi)

m being the mean of the n enrolment vectors. It is a quadratic form whose square terms belong to one side each, so it is one inner
product of a vector for the enrolment and one for the test side: what scores cosine trials scores these.
"""

from dataclasses import dataclass

import numpy as np
import scipy

from cortado.errors import CortadoError

BLOCK_VECTORS = 1 << 14


@dataclass(frozen=True)
class Plda:
    """mean: (dim,); directions: (dim, dim), such that (x - mean) @ directions has the identity as covariance within speakers and
    diag(psi) between them; psi: (dim,), falling. All float64.
    """

    mean: np.ndarray
    directions: np.ndarray
    psi: np.ndarray

    def project(self, vectors: np.ndarray) -> np.ndarray:
        """(num, dim) vectors -> (num, dim) float64 in the basis of the model."""
        return (vectors - self.mean) @ self.directions

    def enrol_side(self, projected: np.ndarray, num_utts: np.ndarray) -> np.ndarray:
        """Rows whose inner products with those of `test_side`, for the same `num_utts`, are log-likelihood ratios.

        projected: (num, dim), the mean of each model's projected vectors; num_utts: (num,) int, how many they were. Returns
        (num, dim + 1 + number of distinct num_utts) float64: the last columns pick the test side's term for the row's num_utts.
        """
        counts, which = np.unique(num_utts, return_inverse=True)
        n = num_utts[:, None]
        gain, variance = n * self.psi / (1 + n * self.psi), self._predictive_variance(n)
        square = -0.5 * np.sum(gain**2 * projected**2 / variance + np.log(variance / (1 + self.psi)), axis=1)
        return np.column_stack([gain / variance * projected, square, np.eye(len(counts))[which]])

    def test_side(self, projected: np.ndarray, num_utts: np.ndarray) -> np.ndarray:
        """The other rows; projected: (num, dim), one test vector each; num_utts: of all rows of the enrolment side."""
        precision = 1 / self._predictive_variance(np.unique(num_utts)[:, None])
        squares = 0.5 * projected**2 @ (1 / (1 + self.psi) - precision).T
        return np.column_stack([projected, np.ones(len(projected)), squares])

    def _predictive_variance(self, num_utts: np.ndarray) -> np.ndarray:
        """Variance of another utterance of a speaker of whom `num_utts` are known, (..., dim)."""
        return 1 + self.psi / (1 + num_utts * self.psi)


@dataclass(frozen=True)
class Statistics:
    """All that training needs of N vectors of K speakers. means: (K, dim); num_utts: (K,); scatter: (dim, dim), the sum over
    utterances of the outer products of their deviations from their speaker's mean.
    """

    means: np.ndarray
    num_utts: np.ndarray
    scatter: np.ndarray


def fit_plda(vectors: np.ndarray, labels: np.ndarray, num_iters: int = 20) -> tuple[Plda, list[float]]:
    """Maximum likelihood by `num_iters` steps of EM from the sample covariances; speakers may have any number of vectors.

    vectors: (num, dim), one row an utterance; labels: (num,), its speaker. Returns the model, and the log-likelihood per vector
    (natural logarithm) before each step and after the last: num_iters + 1 numbers that never fall.

    Raises CortadoError where no covariance within speakers can be estimated: fewer than dim vectors beyond the first of their
    speaker, directions without any variation, or fewer than two speakers.
    """
    statistics = _statistics(vectors, labels)
    mean, (within, between) = statistics.means.mean(axis=0), _sample_covariances(statistics)
    log_likes = []
    for _ in range(num_iters):
        plda = _diagonalised(mean, within, between)
        log_likes.append(_log_like(plda, statistics))
        mean, within, between = _em_step(plda, within, statistics)
    plda = _diagonalised(mean, within, between)
    return plda, [*log_likes, _log_like(plda, statistics)]


def _statistics(vectors: np.ndarray, labels: np.ndarray) -> Statistics:
    speakers, index = np.unique(labels, return_inverse=True)
    num_utts, dim = np.bincount(index), vectors.shape[1]
    means, scatter = np.zeros((len(speakers), dim)), np.zeros((dim, dim))
    np.add.at(means, index, vectors)
    means /= num_utts[:, None]
    for start in range(0, len(vectors), BLOCK_VECTORS):
        block = slice(start, start + BLOCK_VECTORS)
        deviations = vectors[block] - means[index[block]]
        scatter += deviations.T @ deviations
    return Statistics(means, num_utts, scatter)


def _sample_covariances(statistics: Statistics) -> tuple[np.ndarray, np.ndarray]:
    """W and B to begin with: the pooled covariance of utterances about their speaker's mean, and that of the means."""
    num_vectors, (num_speakers, dim) = statistics.num_utts.sum(), statistics.means.shape
    if num_speakers < 2 or num_vectors - num_speakers < dim:
        needed = f"needs 2 or more speakers and {dim} or more vectors beyond each one's first"
        raise CortadoError(f"PLDA in {dim} dimensions {needed}; found {num_vectors} of {num_speakers} speakers")
    within = statistics.scatter / (num_vectors - num_speakers)
    variances = np.linalg.eigvalsh(within)
    if variances[0] < 1e-10 * variances[-1]:
        raise CortadoError("PLDA needs vectors that vary in all directions within speakers; LDA to fewer dimensions makes them so")
    return within, np.cov(statistics.means.T, bias=True).reshape(dim, dim)


def _diagonalised(mean: np.ndarray, within: np.ndarray, between: np.ndarray) -> Plda:
    psi, directions = scipy.linalg.eigh(between, within)  # ascending, with directions' within @ directions = identity
    return Plda(mean, np.ascontiguousarray(directions[:, ::-1]), np.maximum(psi[::-1], 0))


def _em_step(plda: Plda, within: np.ndarray, statistics: Statistics) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Mean, W and B that maximise the expected log-likelihood under the posteriors of the speakers' y."""
    n, z = statistics.num_utts[:, None], plda.project(statistics.means)
    variance = plda.psi / (1 + n * plda.psi)
    y = n * variance * z
    centre = y.mean(axis=0)
    between = ((y - centre).T @ (y - centre) + np.diag(variance.sum(axis=0))) / len(y)
    rest = np.sqrt(n) * (z - y)
    scatter = plda.directions.T @ statistics.scatter @ plda.directions
    new_within = (scatter + rest.T @ rest + np.diag((n * variance).sum(axis=0))) / n.sum()
    back = plda.directions.T @ within  # the inverse of directions
    return plda.mean + centre @ back, back.T @ new_within @ back, back.T @ between @ back


def _log_like(plda: Plda, statistics: Statistics) -> float:
    """Per vector. The n vectors of a speaker, turned, are sqrt(n) times their mean and n - 1 vectors that know nothing of y."""
    n, z = statistics.num_utts[:, None], plda.project(statistics.means)
    variance = 1 + n * plda.psi
    quadratic = np.sum(n * z**2 / variance) + np.sum(plda.directions * (statistics.scatter @ plda.directions))
    _, log_det = np.linalg.slogdet(plda.directions)
    dim_term = len(plda.psi) * np.log(2 * np.pi)
    return float(log_det - 0.5 * (dim_term + (quadratic + np.sum(np.log(variance))) / n.sum()))
