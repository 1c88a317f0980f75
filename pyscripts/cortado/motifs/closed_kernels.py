"""One walk over the intervals of a suffix array, compiled.

An interval is a range of suffixes that share a longer prefix than any wider range. Those that contain one suffix lie within each other: a
stack. Distinct units are counted as Hui does: each suffix counts in all intervals around it, and once less in those that the last suffix
of the same unit is in, too.
"""

import numpy as np
from numba import njit


@njit(cache=True, nogil=True)
def closed_intervals(values, units, num_values, suffixes, shared, min_support, min_length):
    """(num_found, 3) int32: where each closed pattern that occurs at least twice stands in the text, its length and its support.

    values: (n,) int32 below num_values, 0 divides phrases; units: (n,) int32; suffixes: (n,) int32, the suffix array of values; shared:
    (n,) int32, its common prefixes.
    """
    found, num_found = np.empty((len(suffixes), 3), np.int32), 0
    depth = shared.max() + 1 if len(shared) else 1
    lengths, first_ranks = np.zeros(depth, np.int32), np.zeros(depth, np.int32)  # of the intervals on the stack, the widest first
    counts = np.zeros((depth, num_values), np.int32)  # distinct units: of all suffixes, and of those behind each symbol
    extended = np.zeros(depth, np.int32)  # the largest support of the pattern with one symbol more behind it
    last_ranks = np.full((units.max() + 1 if len(units) else 0, num_values), -1, np.int32)  # of each unit, in the columns of `counts`
    size = 0  # of the stack
    for rank in range(len(suffixes)):
        start = suffixes[rank]
        length = shared[rank + 1] if rank + 1 < len(shared) else 0
        if length < min_length:
            length = 0
        if length > (lengths[size - 1] if size else 0):
            lengths[size], first_ranks[size] = length, rank
            counts[size] = 0
            extended[size] = 0
            size += 1
        if size:
            end = start + lengths[size - 1]
            if end < len(values) and values[end]:
                extended[size - 1] = max(extended[size - 1], 1)
            _count(counts[:, 0], first_ranks[:size], last_ranks[units[start]], 0, rank)
            if start and values[start - 1]:
                symbol = values[start - 1]
                _count(counts[:, symbol], first_ranks[:size], last_ranks[units[start]], symbol, rank)
        while size and lengths[size - 1] > length:
            top = size - 1
            support = counts[top, 0]
            if support >= min_support and support > extended[top] and support > counts[top, 1:].max():
                found[num_found] = start, lengths[top], support
                num_found += 1
            if length > (lengths[top - 1] if top else 0):  # the rest of the suffixes of a wider interval follow
                lengths[top], extended[top] = length, support
                break
            if top:
                counts[top - 1] += counts[top]
                extended[top - 1] = max(extended[top - 1], support)
            size -= 1
    return found[:num_found].copy()


@njit(cache=True, nogil=True)
def _count(counts, first_ranks, last_ranks, column, rank):
    """Count the suffix `rank` in the innermost interval, and less in the innermost one that has the last of its unit and column, too."""
    counts[len(first_ranks) - 1] += 1
    around_both = np.searchsorted(first_ranks, last_ranks[column], side="right") - 1
    if last_ranks[column] >= 0 and around_both >= 0:
        counts[around_both] -= 1
    last_ranks[column] = rank
