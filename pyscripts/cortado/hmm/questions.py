"""Questions that a decision tree may ask of a phone: sets of phones that sound alike, found by clustering, and those of the lang."""

from collections.abc import Sequence

import numpy as np

from cortado.hmm.tree_stats import TreeStats, log_likelihood

MIDDLE_CLASS = 1  # pdf class by which phones are compared; phones that have fewer, by their last


def cluster_phones(stats: TreeStats, phone_sets: Sequence[Sequence[int]]) -> list[frozenset[int]]:
    """The nodes of a binary tree over the phone sets that were seen, from the sets themselves up to all of them.

    The two clusters whose merger loses the least likelihood, under one Gaussian each, are merged until one is left.
    """
    clusters = [frozenset(phone_set) for phone_set in phone_sets]
    counts, sums, squares = _of_sets(stats, clusters)
    seen = np.flatnonzero(counts > 0)
    alive, found = [clusters[i] for i in seen], [clusters[i] for i in seen]
    counts, sums, squares = counts[seen], sums[seen], squares[seen]
    while len(alive) > 1:
        i, j = _closest(counts, sums, squares)
        alive[i] |= alive.pop(j)
        found.append(alive[i])
        for values in (counts, sums, squares):
            values[i] += values[j]
        counts, sums, squares = (np.delete(values, j, axis=0) for values in (counts, sums, squares))
    return found


def make_questions(stats: TreeStats, phone_sets: Sequence[Sequence[int]], extra: Sequence[Sequence[int]]) -> list[frozenset[int]]:
    """The clusters, the `extra` sets, and the edge of an utterance, each once."""
    return list(dict.fromkeys([*cluster_phones(stats, phone_sets), *map(frozenset, extra), frozenset([0])]))


def _of_sets(stats: TreeStats, phone_sets: list[frozenset[int]]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Counts, sums and squares of each set in the middle of its phones."""
    phones, classes = stats.events[:, 1], stats.events[:, 3]
    last_class = np.zeros(phones.max() + 1, np.int64)
    np.maximum.at(last_class, phones, classes)
    in_middle = classes == np.minimum(last_class[phones], MIDDLE_CLASS)
    member = np.array([in_middle & np.isin(phones, list(phone_set)) for phone_set in phone_sets], np.float64)
    return member @ stats.counts, member @ stats.sums, member @ stats.squares


def _closest(counts: np.ndarray, sums: np.ndarray, squares: np.ndarray) -> tuple[int, int]:
    """The pair i < j of clusters whose merger loses least."""
    alone = log_likelihood(counts, sums, squares)
    i, j = np.triu_indices(len(counts), 1)
    loss = alone[i] + alone[j] - log_likelihood(counts[i] + counts[j], sums[i] + sums[j], squares[i] + squares[j])
    best = int(loss.argmin())
    return int(i[best]), int(j[best])
