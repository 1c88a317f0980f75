"""Pruning by relative entropy: A. Stolcke, Entropy-based pruning of backoff language models, 1998.

The probability of a history is that of its words by the model itself, <s> counting as </s> for want of its own. N-grams are judged one
by one against the unpruned model, from the highest order down; one that begins a longer n-gram of the pruned model stays.
Kneser-Ney models lose more by it than others (Chelba et al., Interspeech 2010), for their lower orders are not probabilities of words.
"""

import numpy as np

from cortado.errors import ConfigError
from cortado.lm.ngram_model import BOS, EOS, NgramModel, NgramOrder
from cortado.lm.scoring import log10_probs


def prune(model: NgramModel, threshold: float) -> NgramModel:
    """Leave out every n-gram, n >= 2, without which perplexity grows by a factor of less than 1 + `threshold` (1e-8 say).

    Backoff weights are computed anew. Orders that have lost all n-grams are dropped.
    """
    if not threshold > 0:
        raise ConfigError(f"--entropy-pruning is {threshold:g}, but must be above 0")
    has_longer = np.zeros(len(model.orders[-1]), bool)
    kept: list[np.ndarray] = []  # of each order, the highest first
    histories = _log_history_probs(model)
    for n in range(model.order, 1, -1):
        context = model.rows(model.orders[n - 1].ids[:, :-1])
        is_kept = has_longer | (relative_entropy(model, n, context, histories[n - 2]) >= np.log1p(threshold))
        has_longer = np.bincount(context[is_kept], minlength=len(model.orders[n - 2])) > 0
        kept.append(is_kept)
    masks = [np.ones(len(model.orders[0]), bool), *reversed(kept)]
    orders = [
        NgramOrder(order.ids[mask], order.log10_prob[mask], order.log10_backoff[mask])
        for order, mask in zip(model.orders, masks, strict=True)
        if mask.any()
    ]
    return with_new_backoffs(NgramModel(model.vocabulary, orders))


def relative_entropy(model: NgramModel, n: int, context: np.ndarray, log_history_prob: np.ndarray) -> np.ndarray:
    """D(p || p') in nats for each n-gram of order `n`, p' being the model without that n-gram alone.

    context: (count,) rows of the first n - 1 words; log_history_prob: natural log of the probability of each (n - 1)-gram.
    """
    log_prob = model.orders[n - 1].log10_prob.astype(np.float64) * np.log(10)
    log_lower = log10_probs(model, model.orders[n - 1].ids[:, 1:])[0] * np.log(10)
    left, left_lower = _left_over(log_prob, log_lower, context, len(model.orders[n - 2]))
    with np.errstate(divide="ignore", invalid="ignore"):
        log_backoff = np.log(left) - np.log(left_lower)
        new_log_backoff = np.log(left[context] + np.exp(log_prob)) - np.log(left_lower[context] + np.exp(log_lower))
        of_others = np.where(left[context] > 0, left[context] * (new_log_backoff - log_backoff[context]), 0)
    return -np.exp(log_history_prob[context]) * (np.exp(log_prob) * (log_lower + new_log_backoff - log_prob) + of_others)


def with_new_backoffs(model: NgramModel) -> NgramModel:
    """The same n-grams and probabilities, with the backoff weights that make the probabilities after each history sum to 1.

    A history after which nothing is left over, or every word is there, keeps its weight.
    """
    orders = [NgramOrder(order.ids, order.log10_prob, np.zeros(len(order))) for order in model.orders]
    for n in range(2, model.order + 1):
        context = model.rows(orders[n - 1].ids[:, :-1])
        lower = log10_probs(NgramModel(model.vocabulary, orders[: n - 1]), orders[n - 1].ids[:, 1:])[0]
        log_prob = orders[n - 1].log10_prob.astype(np.float64) * np.log(10)
        left, left_lower = _left_over(log_prob, lower * np.log(10), context, len(orders[n - 2]))
        usual = (left > 0) & (left_lower > 0)
        backoff = model.orders[n - 2].log10_backoff.astype(np.float64)
        backoff[usual] = np.log10(left[usual] / left_lower[usual])
        orders[n - 2].log10_backoff = backoff
    return NgramModel(model.vocabulary, orders)


def _left_over(log_prob: np.ndarray, log_lower: np.ndarray, context: np.ndarray, num_contexts: int) -> tuple[np.ndarray, np.ndarray]:
    """1 minus the sums of both probabilities over the words that the model has after each context."""
    sums = (np.bincount(context, np.exp(part), minlength=num_contexts) for part in (log_prob, log_lower))
    left, left_lower = (np.maximum(1 - part, 0) for part in sums)
    return left, left_lower


def _log_history_probs(model: NgramModel) -> list[np.ndarray]:
    """For each n-gram of orders 1 to order - 1, the natural log of the probability of its words one after the other."""
    first = model.orders[0].log10_prob.astype(np.float64)
    first[model.word_ids[BOS]] = first[model.word_ids[EOS]]
    log10 = [first]
    for order in model.orders[1:-1]:
        log10.append(log10[-1][model.rows(order.ids[:, :-1])] + order.log10_prob)
    return [part * np.log(10) for part in log10]
