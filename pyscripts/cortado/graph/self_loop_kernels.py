"""Loops over arcs that add self-loops, compiled. "HMM state" is a row of TransitionModel, -1 where an arc reads epsilon."""

import numpy as np
from numba import njit

MIXED = -2
_UNKNOWN = -3


@njit(cache=True, nogil=True)
def states_before(start, nextstate, hmm_state_of_arc, num_states):
    """The HMM state of the arcs that enter each state, (num_states,) int32: -1 for epsilon (and the start), MIXED for different ones."""
    before = np.full(num_states, _UNKNOWN, np.int32)
    if num_states:
        before[start] = -1
    for arc in range(len(nextstate)):
        state, hmm_state = nextstate[arc], hmm_state_of_arc[arc]
        if before[state] == _UNKNOWN:
            before[state] = hmm_state
        elif before[state] != hmm_state:
            before[state] = MIXED
    for state in range(num_states):
        if before[state] == _UNKNOWN:
            before[state] = -1
    return before


@njit(cache=True, nogil=True)
def count_looped_arcs(first_arc, entered_by, loop_tid):
    """first_arc of the result: its states are those of the graph, then one for each further entry of `entered_by`, with an arc on."""
    num_states = len(first_arc) - 1
    result = np.zeros(len(entered_by) + 1, np.int64)
    for state in range(len(entered_by)):
        count = first_arc[state + 1] - first_arc[state] if state < num_states else 1
        result[state + 1] = result[state] + count + (loop_tid[entered_by[state]] > 0)
    return result


@njit(cache=True, nogil=True)
def fill_looped_arcs(graph, pair_of_arc, pair_state, entered_by, loop_tid, loop_cost, leave_cost, out) -> None:
    """Fill in `out`, whose first_arc is there. Arcs with a pair lead to the state of that pair, which leads on to pair_state."""
    num_states = len(graph.final)
    for state in range(len(entered_by)):
        position = out.first_arc[state]
        hmm_state = entered_by[state]
        leaving = leave_cost[hmm_state]
        if state < num_states:
            out.final[state] = graph.final[state] + leaving
            for arc in range(graph.first_arc[state], graph.first_arc[state + 1]):
                out.ilabel[position] = graph.ilabel[arc]
                out.olabel[position] = graph.olabel[arc]
                out.weight[position] = graph.weight[arc] + leaving
                out.nextstate[position] = graph.nextstate[arc] if pair_of_arc[arc] < 0 else num_states + pair_of_arc[arc]
                position += 1
        else:
            out.final[state] = np.inf
            out.ilabel[position] = 0
            out.olabel[position] = 0
            out.weight[position] = leaving
            out.nextstate[position] = pair_state[state - num_states]
            position += 1
        if loop_tid[hmm_state] > 0:
            out.ilabel[position] = loop_tid[hmm_state]
            out.olabel[position] = 0
            out.weight[position] = loop_cost[hmm_state]
            out.nextstate[position] = state
