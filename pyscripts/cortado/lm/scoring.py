"""Probabilities of words under a backoff model."""

import numpy as np

from cortado.lm.ngram_model import NgramModel


def log10_probs(model: NgramModel, ngrams: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Of the last word of each n-gram after the words before it.

    ngrams: (count, n) word ids, n at most the model's order, negative for a word that the model has not. Returns log10 probabilities
    (count,) float64, minus infinity for such a last word; and how many words long the model's own n-gram was, (count,) int64, then 0.
    """
    last = ngrams[:, -1]
    known = last >= 0
    log10_prob = np.where(known, model.orders[0].log10_prob[last].astype(np.float64), -np.inf)
    length = known.astype(np.int64)
    for n in range(2, ngrams.shape[1] + 1):
        context, rows = model.rows(ngrams[:, -n:-1]), model.rows(ngrams[:, -n:])
        has_context, found = context >= 0, rows >= 0
        log10_prob[has_context] += model.orders[n - 2].log10_backoff[context[has_context]]
        log10_prob[found] = model.orders[n - 1].log10_prob[rows[found]]
        length[found] = n
    return log10_prob, length
