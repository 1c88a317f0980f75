"""The best distinct word sequences of a lattice, compiled."""

import numpy as np
from numba import njit, types
from numba.typed import Dict

_PAIR = types.UniTuple(types.int64, 2)


@njit(cache=True, nogil=True)
def best_histories(num_states: int, source, target, word, costs, num_best: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Up to num_best entries a state, best first, each of another word sequence, in (num_states, num_best) arrays.

    Returns (cost float64, inf where there is none; back_arc, back_place int32: the arc and the place in the list of its source by which
    it was reached). The best sequences of a path's beginning are enough: two that end in the same words stay distinct.
    """
    cost = np.full((num_states, num_best), np.inf)
    history = np.full((num_states, num_best), -1, np.int64)
    back_arc = np.full((num_states, num_best), -1, np.int32)
    back_place = np.full((num_states, num_best), -1, np.int32)
    cost[0, 0], history[0, 0] = 0.0, 0
    next_history = Dict.empty(_PAIR, types.int64)  # of (history, word): equal word sequences have equal numbers
    for arc in range(len(source)):
        state, to = source[arc], target[arc]
        for place in range(num_best):
            new_cost = cost[state, place] + costs[arc]
            if not new_cost < cost[to, num_best - 1]:
                break  # nor will the places behind it get into the list
            words = history[state, place]
            if word[arc]:
                pair = (words, np.int64(word[arc]))
                if pair not in next_history:
                    next_history[pair] = len(next_history) + 1
                words = next_history[pair]
            _insert(cost[to], history[to], back_arc[to], back_place[to], new_cost, words, arc, place)
    return cost, back_arc, back_place


@njit(cache=True, nogil=True)
def _insert(cost, history, back_arc, back_place, new_cost, words, arc, place) -> None:
    """Put an entry where it belongs, in the stead of the entry of the same words, if there is one, or of the last."""
    gap = len(cost) - 1
    for other in range(len(cost)):
        if cost[other] < np.inf and history[other] == words:
            if cost[other] <= new_cost:
                return
            gap = other
            break
    while gap > 0 and cost[gap - 1] > new_cost:
        cost[gap], history[gap] = cost[gap - 1], history[gap - 1]
        back_arc[gap], back_place[gap] = back_arc[gap - 1], back_place[gap - 1]
        gap -= 1
    cost[gap], history[gap], back_arc[gap], back_place[gap] = new_cost, words, arc, place
