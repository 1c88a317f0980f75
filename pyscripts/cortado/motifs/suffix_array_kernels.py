"""Loops of suffix arrays, compiled. A text is (n,) int32, 0 or more; behind it, one thinks of a symbol that is less than all others."""

import numpy as np
from numba import njit


@njit(cache=True, nogil=True)
def small_suffixes(text):
    """(n,) bool: whether the suffix that begins at each symbol is less than the one that begins at the next."""
    is_small = np.zeros(len(text), np.bool_)
    for start in range(len(text) - 2, -1, -1):
        is_small[start] = text[start] < text[start + 1] or (text[start] == text[start + 1] and is_small[start + 1])
    return is_small


@njit(cache=True, nogil=True)
def induce(text, is_small, bucket_ends, leftmost):
    """(n,) int32, the starts of all suffixes: from the order of the leftmost ones that of the large ones, and from that, of the small ones.

    bucket_ends: (num_symbols,) int32, for each symbol, how many suffixes begin with it or a lesser one.
    """
    suffixes = np.full(len(text), -1, np.int32)
    if not len(text):
        return suffixes
    last = bucket_ends.copy()
    for index in range(len(leftmost) - 1, -1, -1):  # leftmost[::-1] takes numba two seconds more to compile
        start = leftmost[index]
        last[text[start]] -= 1
        suffixes[last[text[start]]] = start

    first = np.zeros_like(bucket_ends)
    first[1:] = bucket_ends[:-1]
    suffixes[first[text[-1]]] = len(text) - 1  # the least symbol of all follows it
    first[text[-1]] += 1
    for rank in range(len(text)):
        start = suffixes[rank] - 1
        if start >= 0 and not is_small[start]:
            suffixes[first[text[start]]] = start
            first[text[start]] += 1

    last[:] = bucket_ends
    for rank in range(len(text) - 1, -1, -1):
        start = suffixes[rank] - 1
        if start >= 0 and is_small[start]:
            last[text[start]] -= 1
            suffixes[last[text[start]]] = start
    return suffixes


@njit(cache=True, nogil=True)
def name_stretches(text, leftmost, by_stretch):
    """(num_leftmost,) int32: numbers from 0 that compare as the stretches do from each leftmost suffix up to the start of the next.

    leftmost: their starts in order of the text; by_stretch: in order of their stretches, of which equal ones get one number.
    """
    end_of = np.empty(len(text), np.int32)  # of the stretch that begins here, its last symbol
    end_of[leftmost[:-1]] = leftmost[1:]
    end_of[leftmost[-1]] = len(text)  # which is like no other
    name_of = np.empty(len(text), np.int32)
    name = 0
    name_of[by_stretch[0]] = name
    for rank in range(1, len(by_stretch)):
        name += not _are_equal(text, end_of, by_stretch[rank - 1], by_stretch[rank])
        name_of[by_stretch[rank]] = name
    return name_of[leftmost]


@njit(cache=True, nogil=True)
def _are_equal(text, end_of, one, other):
    """Whether the stretches that begin at `one` and at `other` are the same symbols."""
    length = end_of[one] - one
    if end_of[other] - other != length or end_of[one] == len(text) or end_of[other] == len(text):
        return False
    offset = 0
    while offset <= length and text[one + offset] == text[other + offset]:
        offset += 1
    return offset > length


@njit(cache=True, nogil=True)
def common_prefixes(text, suffixes):
    """suffix_array.common_prefixes: a suffix shares at most one symbol less with its neighbour than the one before it in the text did."""
    before = np.full(len(text), -1, np.int32)  # the suffix before each, in order
    before[suffixes[1:]] = suffixes[:-1]
    shared = np.zeros(len(text), np.int32)
    length = 0
    for start in range(len(text)):
        other = before[start]
        if other < 0:
            length = 0
            continue
        end = len(text) - max(start, other)
        while length < end and text[start + length] == text[other + length] != 0:
            length += 1
        shared[start] = length
        length = max(length - 1, 0)
    return shared[suffixes]
