"""The oracle: what a perfect choice among the paths of a lattice would give."""

from collections.abc import Sequence

import numpy as np

from cortado.decode.lattice import Lattice
from cortado.decode.oracle_kernels import nearest_words


def oracle(lattice: Lattice, reference: Sequence[int]) -> tuple[int, tuple[int, ...]]:
    """(least edit distance of any path to `reference`, the words of such a path); word ids. A bound of what rescoring can do."""
    words = np.asarray(reference, np.int32)
    distance, nearest = nearest_words(lattice.num_states, lattice.source, lattice.target, lattice.word, words)
    return int(distance), tuple(nearest.tolist())
