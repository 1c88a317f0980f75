"""Adaptive symmetric score normalisation: a score is measured against how its two sides score against other people.

P. Matejka et al., "Analysis of score normalization in multilingual speaker recognition", Interspeech 2017: adaptive
S-norm, the variant in which each side has its own cohort, the `top_n` cohort members that score highest against it:

    s'(e, t) = 1/2 ( (s(e, t) - mu_e) / sigma_e  +  (s(e, t) - mu_t) / sigma_t )

mu and sigma are mean and standard deviation (of the population, divided by top_n) of those top_n scores. The cohort
here is one embedding per training speaker: the mean of the speaker's unit embeddings, scaled to length 1 again.
"""

import numpy as np

from cortado.errors import ConfigError
from cortado.score.embeddings import Embeddings

BLOCK_BYTES = 64 << 20


def cohort_statistics(embeddings: np.ndarray, cohort: np.ndarray, top_n: int) -> tuple[np.ndarray, np.ndarray]:
    """Mean and standard deviation of each embedding's `top_n` highest cohort scores.

    embeddings: (num, dim) float32 and cohort: (num_cohort, dim) float32, rows of length 1. Returns two (num,) float64
    arrays. Works in blocks of bounded memory. Raises ConfigError unless 2 <= top_n <= num_cohort.
    """
    if not 2 <= top_n <= len(cohort):
        raise ConfigError(f"top-n is {top_n}, but must be at least 2 and at most the {len(cohort)} speakers of the cohort")
    means, deviations = np.empty(len(embeddings)), np.empty(len(embeddings))
    block = max(1, BLOCK_BYTES // (cohort.shape[0] * cohort.itemsize))
    for start in range(0, len(embeddings), block):
        scores = embeddings[start : start + block] @ cohort.T
        scores.partition(len(cohort) - top_n, axis=1)
        top = scores[:, -top_n:].astype(np.float64)
        means[start : start + block], deviations[start : start + block] = top.mean(axis=1), top.std(axis=1)
    return means, deviations


def normalise_scores(
    scores: np.ndarray, enrol: Embeddings, test: Embeddings, enrol_rows: np.ndarray, test_rows: np.ndarray, cohort: Embeddings, top_n: int
) -> np.ndarray:
    """Adaptive symmetric normalisation of cosine scores, (num_trials,), given the row of each trial's two sides.

    `enrol`, `test` and `cohort` hold unit embeddings. Returns (num_trials,) float64. Raises ConfigError for an impossible top_n and
    for an embedding against which the whole top of the cohort scores the same, naming its key.
    """
    sides = [_normalised_side(scores, enrol, enrol_rows, cohort, top_n), _normalised_side(scores, test, test_rows, cohort, top_n)]
    return 0.5 * (sides[0] + sides[1])


def _normalised_side(scores, side: Embeddings, rows, cohort: Embeddings, top_n: int) -> np.ndarray:
    used, row_of_trial = np.unique(rows, return_inverse=True)
    means, deviations = cohort_statistics(side.vectors[used], cohort.vectors, top_n)
    flat = np.flatnonzero(deviations == 0)
    if len(flat):
        key = side.keys[used[flat[0]]]
        raise ConfigError(f"the {top_n} cohort scores nearest to {key} are all equal; are the speakers of {cohort.source} copies of one?")
    return (scores - means[row_of_trial]) / deviations[row_of_trial]
