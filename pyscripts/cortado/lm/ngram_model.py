"""A backoff n-gram model as arrays: what an ARPA file says, and where a given n-gram stands in it."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

BOS, EOS = "<s>", "</s>"
UNKNOWN_WORDS = ("<unk>", "<UNK>")  # as KenLM and SRILM write the class of all other words


@dataclass
class NgramOrder:
    """The n-grams of one order, sorted by word ids, first word first.

    ids: (count, n) int32 word ids; log10_prob: (count,) log10 p(last word | the words before it); log10_backoff: (count,) log10 of the
    weight of shorter histories after these n words, 0 where a model gives none (always in the highest order). float32 or float64.
    """

    ids: np.ndarray
    log10_prob: np.ndarray
    log10_backoff: np.ndarray

    def __len__(self) -> int:
        return len(self.ids)


@dataclass
class NgramModel:
    """A model of order len(orders). `vocabulary`: its words, word id = index, <s> and </s> among them.

    The unigrams are the vocabulary: row i of orders[0] is word i. Every n-gram's first n - 1 words are an (n - 1)-gram of the model.
    """

    vocabulary: list[str]
    orders: list[NgramOrder]

    @classmethod
    def from_unsorted(cls, vocabulary: list[str], orders: list[NgramOrder]) -> "NgramModel":
        """Sort each order. Raises MissingContext or RepeatedNgram, with the row as given, where the model contradicts itself."""
        model = cls(vocabulary, [])
        for order in orders:
            keys = model._keys_of(order.ids)
            if (missing := np.flatnonzero(keys < 0)).size:
                raise MissingContext(order.ids.shape[1], int(missing[0]))
            rows = np.argsort(keys, kind="stable")
            keys = keys[rows]
            if (repeated := np.flatnonzero(keys[1:] == keys[:-1])).size:
                raise RepeatedNgram(order.ids.shape[1], int(rows[repeated[0] + 1]))
            model.orders.append(NgramOrder(order.ids[rows], order.log10_prob[rows], order.log10_backoff[rows]))
            model._keys.append(keys)
        return model

    @property
    def order(self) -> int:
        return len(self.orders)

    @cached_property
    def word_ids(self) -> dict[str, int]:
        """Word to word id."""
        return {word: index for index, word in enumerate(self.vocabulary)}

    def rows(self, ngrams: np.ndarray) -> np.ndarray:
        """Where n-grams stand: (k, n) word ids, n from 1 to order -> (k,) int64 rows of orders[n - 1], -1 for one the model has not.

        A negative word id stands for a word that the model does not know.
        """
        row = ngrams[:, 0].astype(np.int64)
        for n in range(2, ngrams.shape[1] + 1):
            row = _find(self.keys(n), _join(row, ngrams[:, n - 1], len(self.vocabulary)))
        return row

    def keys(self, n: int) -> np.ndarray:
        """The n-grams of order n as ascending numbers (count,) int64: row of the first n - 1 words * size of the vocabulary + last word."""
        while len(self._keys) < n:
            self._keys.append(self._keys_of(self.orders[len(self._keys)].ids))
        return self._keys[n - 1]

    @cached_property
    def _keys(self) -> list[np.ndarray]:
        return []

    def _keys_of(self, ids: np.ndarray) -> np.ndarray:
        if ids.shape[1] == 1:
            return ids[:, 0].astype(np.int64)
        return _join(self.rows(ids[:, :-1]), ids[:, -1], len(self.vocabulary))


class MissingContext(ValueError):
    """Row `row` of order `n` begins with words that are not an (n - 1)-gram of the model."""

    def __init__(self, n: int, row: int):
        super().__init__(f"{n}-gram number {row + 1} begins with words that are not a {n - 1}-gram of the model")
        self.n, self.row = n, row


class RepeatedNgram(ValueError):
    """Row `row` of order `n` stands there a second time."""

    def __init__(self, n: int, row: int):
        super().__init__(f"{n}-gram number {row + 1} is given twice")
        self.n, self.row = n, row


def _join(context_rows: np.ndarray, words: np.ndarray, vocabulary_size: int) -> np.ndarray:
    return np.where((context_rows >= 0) & (words >= 0), context_rows * vocabulary_size + words, -1)


def _find(ascending: np.ndarray, keys: np.ndarray) -> np.ndarray:
    """Index of each key in `ascending`, -1 where it is not there."""
    if len(ascending) == 0:
        return np.full(len(keys), -1)
    found = np.minimum(np.searchsorted(ascending, keys), len(ascending) - 1)
    return np.where(ascending[found] == keys, found, -1)
