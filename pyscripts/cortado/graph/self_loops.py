"""The self-loops of HMM states, added to a graph that has none, where Kaldi puts them with reorder=true: behind the forward transition.

A path then reads the transition that leaves an HMM state before the self-loops of that state, which makes the graph smaller: the loop
stands at the state that the forward transition leads to, once for all transitions of one HMM state that lead there.
"""

import numpy as np

from cortado.graph.fst import Fst
from cortado.graph.fst_kernels import number_pairs
from cortado.graph.self_loop_kernels import MIXED, count_looped_arcs, fill_looped_arcs, states_before
from cortado.hmm.transition_model import TransitionModel


def add_self_loops(graph: Fst, transitions: TransitionModel, self_loop_scale: float = 0.1) -> Fst:
    """The graph with self-loops. Their log probabilities, and those of not taking them, count `self_loop_scale` times.

    Where arcs of several HMM states lead to one state of the graph, each gets a state of its own before it for its loop.
    """
    state_of_arc = transitions.tid_to_state[graph.ilabel]
    entered_by = states_before(graph.start, graph.nextstate, state_of_arc, graph.num_states)
    apart = np.where(entered_by[graph.nextstate] == MIXED, state_of_arc, np.int32(-1))
    pair_of_arc, pair_hmm_state, pair_state = number_pairs(apart, graph.nextstate, transitions.num_states, graph.num_states)
    entered_by = np.concatenate([np.where(entered_by == MIXED, np.int32(-1), entered_by), pair_hmm_state])
    loop_tid = np.append(transitions.self_loop_tid(slice(None)), np.int32(0))  # the last stands for -1: no HMM state before
    loop_cost = -np.float32(self_loop_scale) * transitions.log_probs[loop_tid]
    leave_cost = np.append(-np.float32(self_loop_scale) * transitions.non_self_loop_log_prob(slice(None)), np.float32(0))
    leave_cost[loop_tid == 0] = 0
    result = Fst.empty(graph.start, count_looped_arcs(graph.first_arc, entered_by, loop_tid))
    fill_looped_arcs(graph, pair_of_arc, pair_state, entered_by, loop_tid, loop_cost, leave_cost, result)
    return result
