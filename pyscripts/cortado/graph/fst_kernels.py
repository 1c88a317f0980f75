"""Loops over the states and arcs of a transducer, compiled. `fst` is an Fst; `words` is the body of an OpenFst file as int32.

One state of the body is: final weight, number of arcs (int64, low half first), then four words for each arc.
"""

import numpy as np
from numba import njit

STATE_WORDS, ARC_WORDS = 3, 4


@njit(cache=True, nogil=True)
def scan_states(words: np.ndarray, first_arc: np.ndarray) -> bool:
    """Fill `first_arc` (num_states + 1,) from the arc counts in `words`; False when the body ends before its last state."""
    position = np.int64(0)
    first_arc[0] = 0
    for state in range(len(first_arc) - 1):
        if position + STATE_WORDS > len(words):
            return False
        num_arcs = np.int64(np.uint32(words[position + 1])) | (np.int64(words[position + 2]) << 32)
        if num_arcs < 0 or num_arcs > (len(words) - position - STATE_WORDS) // ARC_WORDS:
            return False
        first_arc[state + 1] = first_arc[state] + num_arcs
        position += STATE_WORDS + ARC_WORDS * num_arcs
    return True


@njit(cache=True, nogil=True)
def unpack_states(words, floats, fst) -> None:
    """Body to the arrays of `fst`, of which first_arc is filled; `floats` is the same memory as `words`, seen as float32."""
    position = np.int64(0)
    for state in range(len(fst.final)):
        fst.final[state] = floats[position]
        position += STATE_WORDS
        for arc in range(fst.first_arc[state], fst.first_arc[state + 1]):
            fst.ilabel[arc] = words[position]
            fst.olabel[arc] = words[position + 1]
            fst.weight[arc] = floats[position + 2]
            fst.nextstate[arc] = words[position + 3]
            position += ARC_WORDS


@njit(cache=True, nogil=True)
def pack_states(fst, begin, end, words, floats) -> None:
    """The states `begin` to `end` - 1 of `fst` to a body; `floats` is the same memory as `words`, seen as float32."""
    position = np.int64(0)
    for state in range(begin, end):
        num_arcs = fst.first_arc[state + 1] - fst.first_arc[state]
        floats[position] = fst.final[state]
        words[position + 1] = np.int32(num_arcs & 0xFFFFFFFF)
        words[position + 2] = np.int32(num_arcs >> 32)
        position += STATE_WORDS
        for arc in range(fst.first_arc[state], fst.first_arc[state + 1]):
            words[position] = fst.ilabel[arc]
            words[position + 1] = fst.olabel[arc]
            floats[position + 2] = fst.weight[arc]
            words[position + 3] = fst.nextstate[arc]
            position += ARC_WORDS


@njit(cache=True, nogil=True)
def group_arcs(states, num_states):
    """Arcs grouped by their entry in `states` (num_arcs,) int32, in the given order within a group: first_arc (num_states + 1,) int64
    and the order (num_arcs,) int32. Arcs of a negative state are left out, and their places at the end of the order hold nothing.
    """
    first_arc = np.zeros(num_states + 1, np.int64)
    for state in states:
        if state >= 0:
            first_arc[state + 1] += 1
    for state in range(num_states):
        first_arc[state + 1] += first_arc[state]
    next_free = first_arc[:-1].copy()
    order = np.empty(len(states), np.int32)
    for arc in range(len(states)):
        if states[arc] >= 0:
            order[next_free[states[arc]]] = arc
            next_free[states[arc]] += 1
    return first_arc, order


@njit(cache=True, nogil=True)
def number_pairs(values, nextstate, num_values, num_states):
    """Number the different (value, next state) of arcs, by next state, where values (num_arcs,) int32 are 0 to num_values - 1.

    Returns the number of the pair of each arc (num_arcs,) int32, -1 where the value is negative; and value and state of each pair.
    """
    first_arc, order = group_arcs(np.where(values >= 0, nextstate, np.int32(-1)), num_states)
    pair_of_arc = np.full(len(values), -1, np.int32)
    pair_value = np.empty(first_arc[-1], np.int32)
    pair_state = np.empty(first_arc[-1], np.int32)
    last_state, last_pair = np.full(num_values, -1, np.int32), np.empty(num_values, np.int32)
    num_pairs = 0
    for state in range(num_states):
        for arc in order[first_arc[state] : first_arc[state + 1]]:
            value = values[arc]
            if last_state[value] != state:
                last_state[value], last_pair[value] = state, num_pairs
                pair_value[num_pairs], pair_state[num_pairs] = value, state
                num_pairs += 1
            pair_of_arc[arc] = last_pair[value]
    return pair_of_arc, pair_value[:num_pairs].copy(), pair_state[:num_pairs].copy()


@njit(cache=True, nogil=True)
def costs_of_states(fst):
    """-ln of the sum of the probabilities of the arcs of each state and of ending in it: (num_states,) float64, +inf for a dead end."""
    costs = np.empty(len(fst.final), np.float64)
    for state in range(len(fst.final)):
        least = np.float64(fst.final[state])
        for arc in range(fst.first_arc[state], fst.first_arc[state + 1]):
            least = min(least, np.float64(fst.weight[arc]))
        total = 0.0
        if least < np.inf:
            total = np.exp(least - np.float64(fst.final[state]))
            for arc in range(fst.first_arc[state], fst.first_arc[state + 1]):
                total += np.exp(least - np.float64(fst.weight[arc]))
        costs[state] = least - np.log(total) if total > 0 else np.inf
    return costs
