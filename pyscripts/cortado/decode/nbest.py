"""N-best lists: the best word sequences of a lattice, each once, with its best path."""

import numpy as np

from cortado.decode.lattice import Lattice, Path
from cortado.decode.nbest_kernels import best_histories


def nbest(lattice: Lattice, num_best: int, acoustic_scale: float, word_penalty: float = 0.0) -> list[Path]:
    """The paths of the num_best word sequences of least cost, best first; fewer where the lattice has fewer. Exact on any lattice."""
    costs = lattice.costs(acoustic_scale, word_penalty)
    columns = lattice.num_states, lattice.source, lattice.target, lattice.word
    cost, back_arc, back_place = best_histories(*columns, costs, num_best)
    ends = np.flatnonzero(cost[-1] < np.inf).tolist()
    return [lattice.path(_arcs_back(lattice, back_arc, back_place, place)) for place in ends]


def _arcs_back(lattice: Lattice, back_arc: np.ndarray, back_place: np.ndarray, place: int) -> np.ndarray:
    arcs, state = [], lattice.num_states - 1
    while state > 0:
        arcs.append(back_arc[state, place])
        state, place = lattice.source[arcs[-1]], back_place[state, place]
    return np.array(arcs[::-1])
