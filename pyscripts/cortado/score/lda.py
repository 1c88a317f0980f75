"""Linear discriminant analysis: the directions in which speakers differ most, relative to how one speaker varies."""

import numpy as np
import scipy

from cortado.errors import CortadoError


def fit_lda(vectors: np.ndarray, labels: np.ndarray, dim: int | None = None) -> tuple[np.ndarray, np.ndarray]:
    """Mean (D,) and projection (D, dim) float64, such that (x - mean) @ projection has unit covariance within classes.

    vectors: (num, D), one row an utterance; labels: (num,), its speaker. `dim` is all directions by default, most
    discriminative first. Fisher's criterion as a generalised eigenproblem; the within-class covariance gets 1e-4 of its
    mean variance added to each direction, so that constant directions do not blow up.

    Raises CortadoError when there are fewer than two classes, or no class has two members.
    """
    classes, index = np.unique(labels, return_inverse=True)
    counts = np.bincount(index)
    if len(classes) < 2 or counts.max() < 2:
        raise CortadoError(f"LDA needs 2 or more speakers, some with 2 or more vectors; found {len(classes)} and at most {counts.max()}")
    x = vectors.astype(np.float64)
    mean = x.mean(0)
    class_means = np.zeros((len(classes), x.shape[1]))
    np.add.at(class_means, index, x)
    class_means /= counts[:, None]
    within_x = x - class_means[index]
    within = within_x.T @ within_x / len(x)
    within += 1e-4 * np.trace(within) / len(within) * np.eye(len(within))
    between_x = (class_means - mean) * np.sqrt(counts / len(x))[:, None]
    _, directions = scipy.linalg.eigh(between_x.T @ between_x, within)  # ascending, with directions' within @ directions = identity
    return mean, directions[:, ::-1][:, :dim]
