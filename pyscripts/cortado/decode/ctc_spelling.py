"""How tokens spell the words of a language model, as arrays for the compiled search."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from cortado.lm.ngram_model import BOS, EOS, UNKNOWN_WORDS
from cortado.lm.tokens import BOUNDARY, Tokens

NO_WORD = -1
_NEVER_SPELLED = {BOS, EOS, *UNKNOWN_WORDS}


class Units(NamedTuple):
    """The tokens, by class. begins_word (C,) bool: whether "▁" stands before its letters, which are
    letters[first_letter[c]] to letters[first_letter[c + 1] - 1], numbers from 0 to num_letters - 1.
    """

    begins_word: np.ndarray
    first_letter: np.ndarray
    letters: np.ndarray
    num_letters: int


class Spellings(NamedTuple):
    """A tree of the letters of all words; node 0 is its root. keys (N - 1,) int64, ascending: node * num_letters + letter, which leads to
    targets (N - 1,) int32; words (N,) int32: the word that ends at a node, NO_WORD for none.
    """

    keys: np.ndarray
    targets: np.ndarray
    words: np.ndarray


def units_and_spellings(tokens: Tokens, words: Sequence[str]) -> tuple[Units, Spellings]:
    """Of all tokens, and of those `words` that they can spell; a word's number is its place."""
    symbols = ["", *tokens.symbols]
    letters = sorted(set("".join(symbols)) - {BOUNDARY})
    number = {letter: place for place, letter in enumerate(letters)}
    spelled = [[number[letter] for letter in symbol.removeprefix(BOUNDARY)] for symbol in symbols]
    units = Units(
        np.array([symbol.startswith(BOUNDARY) for symbol in symbols]),
        np.cumsum([0, *map(len, spelled)]),
        np.array([letter for part in spelled for letter in part], np.int64),
        len(letters),
    )
    return units, _spellings(words, number)


def _spellings(words: Sequence[str], number: dict[str, int]) -> Spellings:
    node_of: dict[int, int] = {}
    word_at = {}
    for place, word in enumerate(words):
        if word not in _NEVER_SPELLED and number.keys() >= set(word):
            node = 0
            for letter in word:
                node = node_of.setdefault(node * len(number) + number[letter], len(node_of) + 1)
            word_at[node] = place
    keys = np.array(sorted(node_of), np.int64)
    targets = np.array([node_of[key] for key in keys.tolist()], np.int32)
    word_of_node = np.array([word_at.get(node, NO_WORD) for node in range(len(node_of) + 1)], np.int32)
    return Spellings(keys, targets, word_of_node)
