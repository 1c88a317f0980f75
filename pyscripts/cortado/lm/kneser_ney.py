"""Interpolated modified Kneser-Ney estimation, with the conventions of lmplz.

S. F. Chen and J. Goodman, An empirical study of smoothing techniques for language modeling, 1998; K. Heafield et al., Scalable modified
Kneser-Ney language model estimation, ACL 2013. One difference: lmplz takes one n-gram of each order, the last in its own numbering,
into the counts of counts with its occurrences where the adjusted count is meant; it matters in tiny texts alone.
"""

import itertools
from collections.abc import Sequence

import numpy as np

from cortado.errors import ConfigError, CortadoError
from cortado.lm.counts import BOS_ID, NgramCounts
from cortado.lm.ngram_model import NgramModel, NgramOrder

FALLBACK_DISCOUNTS = (0.0, 0.5, 1.0, 1.5)  # of lmplz --discount_fallback


class DiscountError(CortadoError):
    """The counts of a text do not determine the discounts of an order."""


def estimate(
    counts: Sequence[NgramCounts], vocabulary: list[str], cutoffs: Sequence[int] = (0,), discount_fallback: bool = False
) -> tuple[NgramModel, list[np.ndarray]]:
    """The model, and the discounts of each order, (4,) for counts 0, 1, 2 and from 3 on.

    cutoffs: n-grams of order n that occur at most cutoffs[n - 1] times are left out, the last one holds for higher orders (see
    `check_cutoffs`); their probability goes to shorter histories. discount_fallback: take FALLBACK_DISCOUNTS for an order whose
    discounts cannot be estimated, which is so in small texts and in those of a grammar; else DiscountError is raised.
    """
    cutoffs = check_cutoffs(cutoffs, len(counts))
    kept = [np.ones(len(counts[0]), bool), *(order.count > cutoff for order, cutoff in zip(counts[1:], cutoffs[1:], strict=True))]
    adjusted = adjusted_counts(counts)
    discounts = [estimate_discounts(count, n, discount_fallback) for n, count in enumerate(adjusted, 1)]
    probs, backoffs = [np.array([1 / (len(vocabulary) - 1)])], []  # without any history, every word but <s> is as likely as the others
    for order, count, discount, keep in zip(counts, adjusted, discounts, kept, strict=True):
        freed = np.where(keep, discount[np.minimum(count, 3)], count)
        backoffs.append(_backoff_weights(order, count, freed, len(probs[-1])))
        probs.append(_probabilities(order, count, freed, backoffs[-1], probs[-1]))
    probs[1][BOS_ID] = 1  # never predicted; lmplz has it so
    backoffs.append(np.ones(len(counts[-1])))
    return NgramModel(vocabulary, _as_orders(counts, kept, probs[1:], backoffs[1:])), discounts


def check_cutoffs(cutoffs: Sequence[int], order: int) -> list[int]:
    """One cut-off for each order, the last one repeated. Raises ConfigError for what would leave n-grams without their parts."""
    if order < 1:
        raise ConfigError(f"--order is {order}, but must be at least 1")
    given = " ".join(map(str, cutoffs))
    if not 1 <= len(cutoffs) <= order:
        raise ConfigError(f"--prune '{given}' has {len(cutoffs)} numbers, for a model of order {order} it has 1 to {order}")
    if cutoffs[0] != 0:
        raise ConfigError(f"--prune '{given}' must begin with 0: words are not pruned, --vocab limits them")
    if list(cutoffs) != sorted(cutoffs):
        raise ConfigError(f"--prune '{given}' must not decrease: the parts of an n-gram would be missing")
    return [*cutoffs, *[cutoffs[-1]] * (order - len(cutoffs))]


def adjusted_counts(counts: Sequence[NgramCounts]) -> list[np.ndarray]:
    """Kneser-Ney's counts: in how many words to its left an n-gram occurs.

    Occurrences, where there is nothing to the left: in the highest order and for n-grams that begin with <s>.
    """
    adjusted = [np.bincount(longer.suffix, minlength=len(order)) for order, longer in itertools.pairwise(counts)]
    adjusted.append(counts[-1].count)
    adjusted = [np.where(order.begins, order.count, count) for order, count in zip(counts, adjusted, strict=True)]
    adjusted[0][BOS_ID] = 0
    return adjusted


def estimate_discounts(adjusted: np.ndarray, n: int, discount_fallback: bool) -> np.ndarray:
    """What is taken from adjusted counts 0, 1, 2 and 3 or more of the n-grams of order `n`: Chen and Goodman, equation 26."""
    num = np.bincount(np.minimum(adjusted, 5), minlength=6).astype(float)
    if num[1:4].all():
        y = num[1] / (num[1] + 2 * num[2])
        discounts = np.array([0.0, *(k - (k + 1) * y * num[k + 1] / num[k] for k in (1, 2, 3))])
        if (discounts >= 0).all():
            return discounts
    if discount_fallback:
        return np.array(FALLBACK_DISCOUNTS)
    seen = ", ".join(str(int(count)) for count in num[1:5])
    raise DiscountError(
        f"the discounts of {n}-grams cannot be estimated: {seen} of them have the Kneser-Ney counts 1, 2, 3, 4, which is not what running "
        f"text looks like; --discount-fallback true takes {', '.join(map(str, FALLBACK_DISCOUNTS[1:]))} instead"
    )


def _backoff_weights(order: NgramCounts, count: np.ndarray, freed: np.ndarray, num_contexts: int) -> np.ndarray:
    """The share of each context's count that goes to shorter histories; `freed`: (num_ngrams,) what each n-gram gives to it."""
    total = np.bincount(order.context, count, minlength=num_contexts)
    weights = np.bincount(order.context, freed, minlength=num_contexts)
    np.divide(weights, total, out=weights, where=total > 0)
    weights[total == 0] = 1  # nothing was seen after these
    return weights


def _probabilities(order: NgramCounts, count: np.ndarray, freed: np.ndarray, backoffs: np.ndarray, lower: np.ndarray) -> np.ndarray:
    """Interpolated with those of the (n - 1)-grams, `lower`."""
    total = np.bincount(order.context, count, minlength=len(lower))
    return (count - freed) / total[order.context] + backoffs[order.context] * lower[order.suffix]


def _as_orders(
    counts: Sequence[NgramCounts], kept: list[np.ndarray], probs: list[np.ndarray], backoffs: list[np.ndarray]
) -> list[NgramOrder]:
    """The n-grams that are kept. Their first n - 1 words occur at least as often, and so are kept, too."""
    orders: list[NgramOrder] = []
    ids, rows = np.empty((1, 0), np.int32), np.zeros(1, np.int64)
    for order, keep, prob, backoff in zip(counts, kept, probs, backoffs, strict=True):
        ids = np.column_stack([ids[rows[order.context[keep]]], order.word[keep]])
        rows = np.cumsum(keep) - 1
        orders.append(NgramOrder(ids, _log10(np.minimum(prob[keep], 1)), _log10(backoff[keep])))
    return orders


def _log10(values: np.ndarray) -> np.ndarray:
    with np.errstate(divide="ignore"):  # a discount may be exactly 0
        return np.log10(values)
