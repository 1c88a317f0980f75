"""Closed contiguous patterns: strings of symbols that come back, without those that come back only as part of a longer one.

A pattern is a string of symbols within a phrase. Its support is the number of units (phrases, recordings, singers) that contain it. It
is closed if no longer pattern that contains it has the same support. It is enough to ask that of patterns longer by one symbol, in front
or behind: supports only fall as patterns grow. J. Wang and J. Han's BIDE (ICDE 2004) finds the same where no symbol may be skipped.
"""

from typing import NamedTuple

import numpy as np

from cortado.motifs import closed_kernels as kernels
from cortado.motifs.suffix_array import common_prefixes, suffix_array

Pattern = tuple[int, ...]


class Classes(NamedTuple):
    """Symbols as small numbers: `values` (num_symbols,) are 1 + the row of each in `alphabet`, or 0 where it is 0."""

    values: np.ndarray
    alphabet: np.ndarray

    @property
    def count(self) -> int:
        """How many values there are, 0 included."""
        return len(self.alphabet) + 1


def to_classes(symbols: np.ndarray) -> Classes:
    """Number the symbols (n,) that occur, in ascending order; 0, which divides phrases, stays 0."""
    alphabet = np.unique(symbols[symbols != 0])
    return Classes(np.where(symbols == 0, 0, np.searchsorted(alphabet, symbols) + 1).astype(np.int32), alphabet)


def closed_patterns(
    symbols: np.ndarray, units: np.ndarray, min_support: int, min_length: int = 1, max_length: int | None = None
) -> dict[Pattern, int]:
    """All closed contiguous patterns and their supports, in an order that depends on the arguments alone.

    symbols: (n,) whole numbers, 0 begins or ends a phrase and belongs to none; units: (n,) int, 0 or more, in which unit each symbol is.
    min_support: 1 or more; lengths in symbols: only these patterns are returned. A longer one still makes its parts not closed.

    A pattern that one and the same symbol always follows is not closed. Any other that occurs twice is the common prefix of an interval
    of the suffix array. The distinct units within all intervals are counted in one pass (L. Hui, "Color Set Size Problem with
    Applications to String Matching", CPM 1992), and so are those behind each symbol, which tell whether a pattern can grow in front.
    Time: n * (number of different symbols + log(length of the longest pattern)).
    """
    classes = to_classes(symbols)
    suffixes = suffix_array(classes.values)
    shared = common_prefixes(classes.values, suffixes)
    units = np.ascontiguousarray(units, np.int32)
    found = kernels.closed_intervals(classes.values, units, classes.count, suffixes, shared, min_support, min_length)
    if min_support == 1:
        found = np.concatenate([found, _lone_phrases(classes.values, suffixes, shared, min_length)])
    if max_length is not None:
        found = found[found[:, 1] <= max_length]
    text = symbols.tolist()
    return {tuple(text[start : start + length]): support for start, length, support in found.tolist()}


def _lone_phrases(values: np.ndarray, suffixes: np.ndarray, shared: np.ndarray, min_length: int) -> np.ndarray:
    """(num_patterns, 3) start, length and support 1 of the phrases that occur once: the only closed patterns that do."""
    edges = np.flatnonzero(np.concatenate([[0], values, [0]]) == 0)
    starts, lengths = edges[:-1], np.diff(edges) - 1
    starts, lengths = starts[lengths >= min_length], lengths[lengths >= min_length]
    rank_of = np.empty(len(suffixes), np.int32)
    rank_of[suffixes] = np.arange(len(suffixes))
    ranks = rank_of[starts]
    occurs_once = lengths > np.maximum(shared[ranks], np.append(shared, 0)[ranks + 1])
    return np.stack([starts, lengths, np.ones_like(starts)], axis=1)[occurs_once]
