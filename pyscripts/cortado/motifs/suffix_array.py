"""Suffix arrays by induced sorting, in linear time.

G. Nong, S. Zhang, W. H. Chan, "Two Efficient Algorithms for Linear Time Suffix Array Construction", IEEE Trans. Computers 60(10), 2011.
"""

import numpy as np

from cortado.motifs import suffix_array_kernels as kernels


def suffix_array(text: np.ndarray) -> np.ndarray:
    """The starts of the suffixes of `text` in lexicographic order, (len(text),) int32; one that another begins with comes before it.

    text: (n,) whole numbers, 0 or more; time and memory grow with the largest. Raises ValueError for a negative one, and where n is
    2 ** 31 or more.
    """
    if len(text) >= 2**31:
        raise ValueError(f"a text of {len(text)} symbols is too long; fewer than 2 ** 31 are allowed")
    if len(text) and text.min() < 0:
        raise ValueError(f"the text holds the symbol {text.min()}; symbols are 0 or more")
    return _sort_suffixes(np.ascontiguousarray(text, np.int32))


def common_prefixes(text: np.ndarray, suffixes: np.ndarray) -> np.ndarray:
    """(n,) int32: how many symbols each suffix, in order, shares with the one before it, up to the first 0; 0 for the first suffix.

    text: (n,) as for suffix_array, in which 0 divides phrases; suffixes: its suffix array. Linear time: J. Karkkainen, G. Manzini,
    S. Puglisi, "Permuted Longest-Common-Prefix Array", CPM 2009.
    """
    return kernels.common_prefixes(np.ascontiguousarray(text, np.int32), suffixes)


def _sort_suffixes(text: np.ndarray) -> np.ndarray:
    """suffix_array of int32. A suffix is small if it is less than the next one, else large; a small one behind a large one is leftmost.

    The order of the leftmost ones gives that of all others. It is that of the text in which the stretch from each leftmost one to the
    next is one symbol: at most half as long a text.
    """
    is_small = kernels.small_suffixes(text)
    bucket_ends = np.cumsum(np.bincount(text), dtype=np.int32)
    is_leftmost = np.zeros(len(text), np.bool_)
    is_leftmost[1:] = is_small[1:] & ~is_small[:-1]
    leftmost = np.flatnonzero(is_leftmost).astype(np.int32)
    if len(leftmost) > 1:
        suffixes = kernels.induce(text, is_small, bucket_ends, leftmost)  # sorts the stretches, whatever the order of `leftmost`
        by_stretch = suffixes[is_leftmost[suffixes]]
        names = kernels.name_stretches(text, leftmost, by_stretch)
        leftmost = leftmost[_sort_suffixes(names)] if names.max() + 1 < len(names) else by_stretch
    return kernels.induce(text, is_small, bucket_ends, leftmost)
