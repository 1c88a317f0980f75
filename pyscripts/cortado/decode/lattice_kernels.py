"""Passes over a lattice's arcs, compiled. Arcs lie sorted by source, and states are numbered so that every arc leads to a later one."""

import numpy as np
from numba import njit


@njit(cache=True, nogil=True)
def topological_order(first_arc: np.ndarray, target: np.ndarray) -> np.ndarray:
    """States so that every arc leads to a later one, (num_states,) int32; fewer if there is a cycle. Here numbers may be in any order."""
    num_states = len(first_arc) - 1
    num_entering = np.zeros(num_states, np.int32)
    for arc in range(len(target)):
        num_entering[target[arc]] += 1
    order = np.empty(num_states, np.int32)
    num_free = 0
    for state in range(num_states):
        if num_entering[state] == 0:
            order[num_free] = state
            num_free += 1
    done = 0
    while done < num_free:
        state = order[done]
        done += 1
        for arc in range(first_arc[state], first_arc[state + 1]):
            num_entering[target[arc]] -= 1
            if num_entering[target[arc]] == 0:
                order[num_free] = target[arc]
                num_free += 1
    return order[:num_free]


@njit(cache=True, nogil=True)
def on_complete_paths(first_arc: np.ndarray, target: np.ndarray, order: np.ndarray) -> np.ndarray:
    """(num_states,) bool: which states some path from state 0 to the last one goes through; `order` is topological_order."""
    num_states = len(order)
    reached, reaches = np.zeros(num_states, np.bool_), np.zeros(num_states, np.bool_)
    reached[0] = reaches[num_states - 1] = True
    for state in order:
        for arc in range(first_arc[state], first_arc[state + 1]):
            reached[target[arc]] |= reached[state]
    for state in order[::-1]:
        for arc in range(first_arc[state], first_arc[state + 1]):
            reaches[state] |= reaches[target[arc]]
    return reached & reaches


@njit(cache=True, nogil=True)
def least_costs(num_states: int, source: np.ndarray, target: np.ndarray, costs: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(least cost from state 0 to each state, the arc by which it gets there); -1 for state 0. The first of equal arcs wins."""
    least = np.full(num_states, np.inf)
    back = np.full(num_states, -1, np.int64)
    least[0] = 0.0
    for arc in range(len(costs)):
        cost = least[source[arc]] + costs[arc]
        if cost < least[target[arc]]:
            least[target[arc]], back[target[arc]] = cost, arc
    return least, back


@njit(cache=True, nogil=True)
def arcs_to_end(source: np.ndarray, back: np.ndarray) -> np.ndarray:
    """The arcs of the best path to the last state, in their order; `back` is of least_costs."""
    arcs = np.empty(len(back), back.dtype)
    state, first = len(back) - 1, len(back)
    while state > 0:
        first -= 1
        arcs[first] = back[state]
        state = source[arcs[first]]
    return arcs[first:]


@njit(cache=True, nogil=True)
def least_costs_to_end(num_states: int, source: np.ndarray, target: np.ndarray, costs: np.ndarray) -> np.ndarray:
    """Least cost from each state to the last one: (num_states,) float64."""
    least = np.full(num_states, np.inf)
    least[num_states - 1] = 0.0
    for arc in range(len(costs) - 1, -1, -1):
        least[source[arc]] = min(least[source[arc]], least[target[arc]] + costs[arc])
    return least


@njit(cache=True, nogil=True)
def times_of_states(num_states: int, source: np.ndarray, target: np.ndarray, num_frames: np.ndarray) -> tuple[np.ndarray, int]:
    """((num_states,) int32 frames from state 0 to each state, first arc that contradicts another or -1); num_frames is of each arc."""
    times = np.full(num_states, -1, np.int32)
    times[0] = 0
    for arc in range(len(source)):
        time = times[source[arc]] + num_frames[arc]
        if times[target[arc]] < 0:
            times[target[arc]] = time
        elif times[target[arc]] != time:
            return times, arc
    return times, -1
