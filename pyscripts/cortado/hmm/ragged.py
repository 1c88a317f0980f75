"""Arrays of lists of different lengths, as numpy computes with them: the lists one after another, and where each begins."""

import numpy as np


def offsets_of(counts: np.ndarray) -> np.ndarray:
    """(n,) lengths -> (n + 1,) int64: where each list begins, and the end of the last."""
    offsets = np.zeros(len(counts) + 1, np.int64)
    np.cumsum(counts, out=offsets[1:])
    return offsets


def ranges(starts: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """starts[0], starts[0] + 1, ... of counts[0] numbers, then those from starts[1], and so on."""
    offsets = offsets_of(counts)
    return np.arange(offsets[-1]) + np.repeat(starts - offsets[:-1], counts)


def number_rows(*columns: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Number the different rows of int `columns` (n,) in ascending order, the first column counting most.

    Returns for each number the first row that has it, and for each row its number: (num_different,) and (n,) int64.
    """
    numbers = np.zeros(len(columns[0]), np.int64)
    for column in columns:
        values, codes = np.unique(column, return_inverse=True)
        _, numbers = np.unique(numbers * len(values) + codes, return_inverse=True)
    first = np.empty(numbers.max(initial=-1) + 1, np.int64)
    first[numbers[::-1]] = np.arange(len(numbers))[::-1]
    return first, numbers


class ListsByKey:
    """Which items have a key. keys: (n,) int from 0 to below num_keys, of each item."""

    def __init__(self, keys: np.ndarray, num_keys: int):
        self._order = np.argsort(keys, kind="stable")
        self._offsets = offsets_of(np.bincount(keys, minlength=num_keys))

    def __len__(self) -> int:
        """The number of keys."""
        return len(self._offsets) - 1

    def look_up(self, keys: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """All pairs of an item and a place in `keys` where its key stands, (m,) each, in the order of `keys`."""
        counts = np.diff(self._offsets)[keys]
        return self._order[ranges(self._offsets[keys], counts)], np.repeat(np.arange(len(keys)), counts)
