"""Language models as automata over words that a compiled search can walk: backoff n-grams, and grammars of slots."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numba import njit

from cortado.errors import CortadoError
from cortado.lm.ngram_model import BOS, EOS, UNKNOWN_WORDS, NgramModel

NO_STATE = -1


class WordArcs(NamedTuple):
    """A arcs and S states; arc a leaves state keys[a] // num_words with word keys[a] % num_words. Logs are natural.

    keys (A,) int64, ascending; log_probs (A,) float64; targets (A,) int32. A word that leaves no arc of a state is looked for in
    fallbacks[state] (NO_STATE: nowhere), at the price of backoffs[state]; (S,) int32, float64.
    """

    num_words: int
    keys: np.ndarray
    log_probs: np.ndarray
    targets: np.ndarray
    backoffs: np.ndarray
    fallbacks: np.ndarray


class WordAutomaton(NamedTuple):
    """`vocabulary`: word of each number, </s> among them, which ends a sentence; start: the state before the first word."""

    vocabulary: Sequence[str]
    start: int
    arcs: WordArcs

    def number(self, word: str) -> int:
        """Of a word. Raises CortadoError for one that the model has not."""
        try:
            return self.vocabulary.index(word)
        except ValueError:
            raise CortadoError(f"the language model has no word {word}") from None

    @property
    def unknown(self) -> int:
        """The number of the class of all other words; -1 where the model has none."""
        return next((number for number, word in enumerate(self.vocabulary) if word in UNKNOWN_WORDS), -1)


def ngram_automaton(model: NgramModel) -> WordAutomaton:
    """A state for each n-gram of `model`, those of order 1 from 1 on, then order 2, ...; 0 is that without any word."""
    num_words = len(model.vocabulary)
    first_state = np.cumsum([1, *map(len, model.orders)])
    keys, fallbacks = [], [np.array([NO_STATE])]
    for n, order in enumerate(model.orders, 1):
        contexts = first_state[n - 2] + model.rows(order.ids[:, :-1]) if n > 1 else np.zeros(len(order), np.int64)
        keys.append(contexts * num_words + order.ids[:, -1])
        fallbacks.append(_longest_suffixes(model, order.ids, first_state))
    log10_backoffs = np.concatenate([[0.0], *(order.log10_backoff for order in model.orders)])
    arcs = WordArcs(
        num_words,
        np.concatenate(keys),
        np.log(10) * np.concatenate([order.log10_prob for order in model.orders]).astype(np.float64),
        np.arange(1, first_state[-1], dtype=np.int32),
        np.log(10) * log10_backoffs.astype(np.float64),
        np.concatenate(fallbacks).astype(np.int32),
    )
    if BOS not in model.word_ids or EOS not in model.word_ids:
        raise CortadoError(f"the language model has no {BOS} or {EOS}, so that it cannot score sentences")
    return WordAutomaton(model.vocabulary, 1 + model.word_ids[BOS], arcs)


def slot_automaton(slots: Sequence[Sequence[str]]) -> WordAutomaton:
    """One word of each slot in turn, all words of a slot equally probable: state n stands before slot n."""
    vocabulary = [EOS, *sorted({word for words in slots for word in words})]
    number = {word: index for index, word in enumerate(vocabulary)}
    rows = [(state, number[word], -np.log(len(words))) for state, words in enumerate(slots) for word in words]
    rows.append((len(slots), number[EOS], 0.0))
    states, words, log_probs = zip(*sorted(rows), strict=True)
    num_states = len(slots) + 2
    arcs = WordArcs(
        len(vocabulary),
        np.array(states, np.int64) * len(vocabulary) + words,
        np.array(log_probs),
        np.array(states, np.int32) + 1,
        np.zeros(num_states),
        np.full(num_states, NO_STATE, np.int32),
    )
    return WordAutomaton(vocabulary, 0, arcs)


def _longest_suffixes(model: NgramModel, ids: np.ndarray, first_state: np.ndarray) -> np.ndarray:
    """(count,) the state of the longest n-gram of the model that ends as each of `ids` (count, n) does and is shorter."""
    states = np.zeros(len(ids), np.int64)
    for n in range(1, ids.shape[1]):  # the longest one found stays
        rows = model.rows(ids[:, -n:])
        states = np.where(rows >= 0, first_state[n - 1] + rows, states)
    return states


@njit(cache=True, nogil=True)
def find(keys: np.ndarray, key: int) -> int:
    """The place of `key` among ascending `keys`, -1 where it is not there."""
    low, high = 0, len(keys)
    while low < high:
        middle = (low + high) // 2
        if keys[middle] < key:
            low = middle + 1
        else:
            high = middle
    return low if low < len(keys) and keys[low] == key else -1


@njit(cache=True, nogil=True)
def advance(arcs: WordArcs, state: int, word: int) -> tuple[float, int]:
    """(ln p(word | state), the state behind it); -inf and NO_STATE where the word cannot follow."""
    log_prob = 0.0
    while state != NO_STATE:
        arc = find(arcs.keys, state * arcs.num_words + word)
        if arc >= 0:
            return log_prob + arcs.log_probs[arc], arcs.targets[arc]
        log_prob += arcs.backoffs[state]
        state = arcs.fallbacks[state]
    return -np.inf, NO_STATE
