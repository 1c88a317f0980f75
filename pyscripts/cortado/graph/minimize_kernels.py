"""Loops that compare the futures of states, compiled. `fst` is an Fst; hashes are uint64."""

import numpy as np
from numba import njit


@njit(cache=True, nogil=True)
def _mixed(value):
    """The finaliser of splitmix64: every bit of the result depends on every bit of `value`."""
    value = (value ^ (value >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    value = (value ^ (value >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return value ^ (value >> np.uint64(31))


@njit(cache=True, nogil=True)
def hash_states(fst, weight_bits, final_bits, hashes, states, result) -> None:
    """Fill `result` (len(states),) with hashes of what each of `states` is: its last one in `hashes`, its final weight, and its arcs
    with the hashes of the states that they lead to, in any order. `weight_bits`, `final_bits`: the float32 weights seen as uint32.
    """
    for index in range(len(states)):
        state = states[index]
        arcs = np.uint64(0)
        for arc in range(fst.first_arc[state], fst.first_arc[state + 1]):
            labels = _mixed((np.uint64(fst.ilabel[arc]) << np.uint64(32)) | np.uint64(fst.olabel[arc]))
            arcs += _mixed(_mixed(labels + np.uint64(weight_bits[arc])) + hashes[fst.nextstate[arc]])
        result[index] = _mixed(_mixed(hashes[state] + np.uint64(final_bits[state])) + arcs)


@njit(cache=True, nogil=True)
def copy_states(fst, states, class_of_state, out) -> None:
    """Fill in `out`, whose first_arc is there: its states are `states` of `fst`, their arcs lead to classes of states."""
    for index in range(len(states)):
        position = out.first_arc[index]
        out.final[index] = fst.final[states[index]]
        for arc in range(fst.first_arc[states[index]], fst.first_arc[states[index] + 1]):
            out.ilabel[position] = fst.ilabel[arc]
            out.olabel[position] = fst.olabel[arc]
            out.weight[position] = fst.weight[arc]
            out.nextstate[position] = class_of_state[fst.nextstate[arc]]
            position += 1
