"""The walk of many windows through a tree, compiled."""

import numpy as np
from numba import njit


@njit(cache=True, nogil=True)
def walk(root, keys, first, size, otherwise, branches, values, pdf_ids):
    """Enter the pdf of each row of `values` (n, number of keys) into `pdf_ids` (n,); -1 where the tree has none.

    Node i asks for column keys[i], counted from the end where negative. A value from 0 to size[i] - 1 goes to branches[first[i] + value],
    any other to otherwise[i]. `root` and these are the number of a node, -1 for nothing, or -2 - pdf for a leaf.
    """
    for row in range(len(values)):
        node = root
        while node >= 0:
            value = values[row, keys[node]]
            node = branches[first[node] + value] if 0 <= value < size[node] else otherwise[node]
        pdf_ids[row] = np.int32(-2 - node)
