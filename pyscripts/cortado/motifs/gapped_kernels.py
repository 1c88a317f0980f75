"""Loops over the occurrences of patterns with gaps, compiled. values: (n,) int32, 0 divides phrases; units: (n,) int32, ascending."""

import numpy as np
from numba import njit


@njit(cache=True, nogil=True)
def extensions(values, starts, ends, max_gap):
    """Occurrences (starts, ends) of all patterns one symbol longer at the end than that of `starts` and `ends`, in the same order."""
    new_starts = np.empty(len(starts) * (max_gap + 1), np.int64)
    new_ends = np.empty_like(new_starts)
    count = 0
    for index in range(len(starts)):
        first = ends[index] + 1
        if count and new_starts[count - 1] == starts[index]:
            first = max(first, new_ends[count - 1] + 1)  # those before are there already
        for end in range(first, min(ends[index] + max_gap + 2, len(values))):
            if not values[end]:
                break
            new_starts[count], new_ends[count] = starts[index], end
            count += 1
    return new_starts[:count].copy(), new_ends[:count].copy()


@njit(cache=True, nogil=True)
def supports_by_last_symbol(values, units, ends, num_values):
    """(num_values,) int64: in how many units the occurrences are that end in each symbol."""
    supports = np.zeros(num_values, np.int64)
    last_unit = np.full(num_values, -1, np.int64)
    for end in ends:
        if last_unit[values[end]] != units[end]:
            last_unit[values[end]] = units[end]
            supports[values[end]] += 1
    return supports


@njit(cache=True, nogil=True)
def supports_in_front(values, units, starts, max_gap, num_values):
    """In how many units a symbol stands in front of an occurrence: (num_values,) int64; and whether one does in front of all of them."""
    supports = np.zeros(num_values, np.int64)
    last_unit = np.full(num_values, -1, np.int64)
    num_behind = np.zeros(num_values, np.int64)  # starts that each symbol stands in front of
    last_start = np.full(num_values, -1, np.int64)
    num_starts = 0
    for index in range(len(starts)):
        start = starts[index]
        if index and starts[index - 1] == start:
            continue
        num_starts += 1
        for position in range(start - 1, max(start - max_gap - 2, -1), -1):
            value = values[position]
            if not value:
                break
            if last_unit[value] != units[start]:
                last_unit[value] = units[start]
                supports[value] += 1
            if last_start[value] != start:
                last_start[value] = start
                num_behind[value] += 1
    return supports, num_starts > 0 and num_behind.max() == num_starts
