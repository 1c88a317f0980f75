"""Loops over the arcs of a decoding graph, compiled: what graph.py calls."""

import numpy as np
from numba import njit


@njit(cache=True, nogil=True)
def emitting_first(first_arc: np.ndarray, ilabel: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Order of the arcs (E,) int32 that puts those with an input label before those without, and where the latter begin (S,) int32."""
    order = np.empty(len(ilabel), np.int32)
    first_epsilon = np.empty(len(first_arc) - 1, np.int32)
    position = 0
    for state in range(len(first_epsilon)):
        for arc in range(first_arc[state], first_arc[state + 1]):
            if ilabel[arc] != 0:
                order[position] = arc
                position += 1
        first_epsilon[state] = position
        for arc in range(first_arc[state], first_arc[state + 1]):
            if ilabel[arc] == 0:
                order[position] = arc
                position += 1
    return order, first_epsilon


@njit(cache=True, nogil=True)
def has_epsilon_cycle(first_arc: np.ndarray, first_epsilon: np.ndarray, arcs: np.ndarray) -> bool:
    """Whether some states stay when those that no epsilon arc enters are taken away one after the other."""
    num_states = len(first_epsilon)
    num_entering = np.zeros(num_states, np.int32)
    for state in range(num_states):
        for arc in range(first_epsilon[state], first_arc[state + 1]):
            num_entering[arcs[arc, 0]] += 1
    free = np.empty(num_states, np.int32)
    num_free = 0
    for state in range(num_states):
        if num_entering[state] == 0:
            free[num_free] = state
            num_free += 1
    done = 0
    while done < num_free:
        state = free[done]
        done += 1
        for arc in range(first_epsilon[state], first_arc[state + 1]):
            target = arcs[arc, 0]
            num_entering[target] -= 1
            if num_entering[target] == 0:
                free[num_free] = target
                num_free += 1
    return num_free < num_states
