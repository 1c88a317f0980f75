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
    arrays. Raises ConfigError unless 2 <= top_n <= num_cohort.
    """
    if not 2 <= top_n <= len(cohort):
        raise ConfigError(f"top-n is {top_n}, but must be at least 2 and at most the {len(cohort)} speakers of the cohort")
    scores = embeddings @ cohort.T
    scores.partition(len(cohort) - top_n, axis=1)
    top = scores[:, -top_n:].astype(np.float64)
    return top.mean(axis=1), top.std(axis=1)


class NormalisedSide:
    """Scores normalised on one side of the trials: against how the embedding of that side scores against the cohort.

    `side` and `cohort` hold unit embeddings. Statistics are computed for a block of embeddings of bounded size when one of them is
    first met, so they do not depend on which trials are normalised, or when.
    """

    def __init__(self, side: Embeddings, cohort: Embeddings, top_n: int):
        self.side, self.cohort, self.top_n = side, cohort, top_n
        self.block = max(1, BLOCK_BYTES // cohort.vectors[:, 0].nbytes)
        self.means, self.deviations = np.full((2, len(side.keys)), np.nan)

    def __call__(self, scores: np.ndarray, rows: np.ndarray) -> np.ndarray:
        """(score - mu) / sigma of cosine scores, (num_trials,), given the row of `side` in each trial; (num_trials,) float64.

        Raises ConfigError for an impossible top_n and for an embedding against which the whole top of the cohort scores the same,
        naming its key.
        """
        for start in np.unique(rows // self.block) * self.block:
            if np.isnan(self.means[start]):
                block = slice(start, start + self.block)
                statistics = cohort_statistics(self.side.vectors[block], self.cohort.vectors, self.top_n)
                self.means[block], self.deviations[block] = statistics
        deviations = self.deviations[rows]
        if not deviations.all():
            key, source = self.side.keys[rows[deviations == 0][0]], self.cohort.source
            raise ConfigError(f"the {self.top_n} cohort scores nearest to {key} are all equal; are the speakers of {source} copies of one?")
        return (scores - self.means[rows]) / deviations
