"""The n-grams of a text and how often each occurs."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from cortado.lm.ngram_model import BOS, EOS, UNKNOWN_WORDS
from cortado.lm.sentences import WordIds, words_before

_SPECIAL = ("<unk>", BOS, EOS)  # the first three words of every vocabulary
UNKNOWN_ID, BOS_ID, EOS_ID = range(3)


@dataclass
class Corpus:
    """A text as word ids, <s> before each sentence and </s> behind it: (num_words,) int32.

    vocabulary: the words of these ids, <unk>, <s> and </s> first; oov_counts: how often each word that has become <unk> occurred, the
    most frequent first, equally frequent ones by their bytes.
    """

    ids: np.ndarray
    vocabulary: list[str]
    oov_counts: dict[str, int]


@dataclass
class NgramCounts:
    """The n-grams of one order, sorted by word ids, first word first. Unigrams are all words of the vocabulary, occurring or not.

    context, suffix: (num_ngrams,) rows of the first and of the last n - 1 words among the (n - 1)-grams, 0 for unigrams;
    word: (num_ngrams,) id of the last word; begins: (num_ngrams,) whether the first word is <s>; count: (num_ngrams,) occurrences.
    """

    context: np.ndarray
    word: np.ndarray
    suffix: np.ndarray
    begins: np.ndarray
    count: np.ndarray

    def __len__(self) -> int:
        return len(self.word)


def read_corpus(path: str | Path, vocabulary: Iterable[str] | None = None) -> Corpus:
    """Read a text or the transcripts of a data directory, in memory.

    vocabulary: its words, other words become <unk>; by default every word of the text. <UNK> in it or in the text is <unk>.
    Raises DataError as sentences.read_chunks.
    """
    known = dict.fromkeys(vocabulary or ()).keys() - {*_SPECIAL, *UNKNOWN_WORDS}
    words = [*_SPECIAL, *(sorted(known))]
    word_ids = WordIds(words)
    ids = np.concatenate(list(word_ids.read(path)))
    others = [word.decode() for word in word_ids.others]
    if vocabulary is None:
        return Corpus(ids, words + others, {})
    counts = np.bincount(ids, minlength=len(words) + len(others))[len(words) :].tolist()
    ids[ids >= len(words)] = UNKNOWN_ID
    by_count = sorted(zip(others, counts, strict=True), key=lambda item: (-item[1], item[0].encode()))
    return Corpus(ids, words, dict(by_count))


def count_ngrams(corpus: Corpus, order: int) -> list[NgramCounts]:
    """The n-grams of orders 1 to `order` that occur within a sentence.

    Memory is about 90 bytes for each word of the text. Sorted are the pairs (row of the first n - 1 words, last word): one number each.
    """
    ids, size = corpus.ids, len(corpus.vocabulary)
    num_before = words_before(ids, BOS_ID)
    words, zeros = np.arange(size, dtype=np.int32), np.zeros(size, np.int32)
    orders = [NgramCounts(zeros, words, zeros, words == BOS_ID, np.bincount(ids, minlength=size))]
    rows = ids  # of the n-gram that ends at each position
    for n in range(2, order + 1):
        ends = np.flatnonzero(num_before >= n - 1)
        keys, positions, inverse, count = _unique(rows[ends - 1].astype(np.int64) * size + ids[ends])
        ends_once = ends[positions]
        context, word = (part.astype(np.int32) for part in divmod(keys, size))
        orders.append(NgramCounts(context, word, rows[ends_once], ids[ends_once - n + 1] == BOS_ID, count))
        rows = np.full(len(ids), -1, np.int32)
        rows[ends] = inverse
    return orders


def _unique(keys: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """np.unique's values, a position of each, inverse and counts, without its stable sort, which takes three times as long."""
    order = np.argsort(keys)
    ascending = keys[order]
    is_first = np.concatenate([[True], ascending[1:] != ascending[:-1]])
    inverse = np.empty(len(keys), np.int32)
    inverse[order] = np.cumsum(is_first, dtype=np.int32) - 1
    first = np.flatnonzero(is_first)
    return ascending[first], order[first], inverse, np.diff(first, append=len(keys))
