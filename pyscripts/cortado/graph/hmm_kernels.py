"""Loops that put HMMs in the place of labels, compiled. `hmms` is a PhoneHmms, `fst` an Fst.

Where a state is numbered in the result: first come the states of `fst`, then for each pair (HMM, state of `fst` that it leads to) the
inner states of that HMM, from first_inner[pair] on.
"""

import numpy as np
from numba import njit


@njit(cache=True, nogil=True)
def count_expanded_arcs(fst, hmm_of_label, hmms, pair_hmm, first_inner):
    """first_arc of the result."""
    num_states = len(fst.final)
    first_arc = np.zeros(first_inner[-1] + 1, np.int64)
    for state in range(num_states):
        count = 0
        for arc in range(fst.first_arc[state], fst.first_arc[state + 1]):
            hmm = hmm_of_label[fst.ilabel[arc]]
            entry = hmms.first_state[max(hmm, 0)]
            count += hmms.first_arc[entry + 1] - hmms.first_arc[entry] if hmm >= 0 else 1
        first_arc[state + 1] = count
    for pair in range(len(pair_hmm)):
        for state in range(hmms.first_state[pair_hmm[pair]], hmms.first_state[pair_hmm[pair] + 1]):
            if hmms.inner[state] >= 0:
                first_arc[first_inner[pair] + hmms.inner[state] + 1] = hmms.first_arc[state + 1] - hmms.first_arc[state]
    for state in range(len(first_arc) - 1):
        first_arc[state + 1] += first_arc[state]
    return first_arc


@njit(cache=True, nogil=True)
def _add_hmm_arcs(hmms, hmm, state, first_inner, leave_to, olabel, weight, out, position):
    """Add the arcs of one state of an HMM from `position` on; the first free position comes back."""
    for arc in range(hmms.first_arc[state], hmms.first_arc[state + 1]):
        target = hmms.first_state[hmm] + hmms.target[arc]
        is_leaving = target == hmms.first_state[hmm + 1]
        out.ilabel[position] = hmms.tid[arc]
        out.olabel[position] = olabel
        out.weight[position] = weight + hmms.cost[arc]
        out.nextstate[position] = leave_to if is_leaving else first_inner + hmms.inner[target]
        position += 1
    return position


@njit(cache=True, nogil=True)
def fill_expanded_arcs(fst, hmm_of_label, plain_label, hmms, pair_of_arc, pair_hmm, pair_state, first_inner, out) -> None:
    """Fill in `out`, whose first_arc is there. A label without HMM (-1) becomes its `plain_label`."""
    num_states = len(fst.final)
    out.final[:num_states] = fst.final
    out.final[num_states:] = np.inf
    for state in range(num_states):
        position = out.first_arc[state]
        for arc in range(fst.first_arc[state], fst.first_arc[state + 1]):
            hmm = hmm_of_label[fst.ilabel[arc]]
            if hmm >= 0:
                entry, inner, target = hmms.first_state[hmm], first_inner[pair_of_arc[arc]], fst.nextstate[arc]
                position = _add_hmm_arcs(hmms, hmm, entry, inner, target, fst.olabel[arc], fst.weight[arc], out, position)
            else:
                out.ilabel[position] = plain_label[fst.ilabel[arc]]
                out.olabel[position] = fst.olabel[arc]
                out.weight[position] = fst.weight[arc]
                out.nextstate[position] = fst.nextstate[arc]
                position += 1
    for pair in range(len(pair_hmm)):
        hmm = pair_hmm[pair]
        for state in range(hmms.first_state[hmm], hmms.first_state[hmm + 1]):
            if hmms.inner[state] >= 0:
                position = out.first_arc[first_inner[pair] + hmms.inner[state]]
                _add_hmm_arcs(hmms, hmm, state, first_inner[pair], pair_state[pair], np.int32(0), np.float32(0), out, position)
