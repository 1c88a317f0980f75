"""H, the HMMs of phones in context, put into CLG in place of its labels: the composition of H and CLG by table look-up.

Windows of phones whose states have the same pdfs share one HMM, and arcs with the same HMM into the same state share its inner states.
Self-loops are left out; they come last (self_loops.py), so that the graph stays small while it is determinised.
"""

from typing import NamedTuple

import numpy as np

from cortado.errors import CortadoError
from cortado.graph.context import ContextLabels
from cortado.graph.fst import Fst
from cortado.graph.fst_kernels import number_pairs
from cortado.graph.hmm_kernels import count_expanded_arcs, fill_expanded_arcs
from cortado.hmm.transition_model import TransitionModel
from cortado.hmm.tree import Tree


class PhoneHmms(NamedTuple):
    """HMMs without self-loops, one after another; the states of HMM k are first_state[k] to first_state[k + 1] - 1, entered at the first.

    The arcs of state s are first_arc[s] to first_arc[s + 1] - 1: transition ids `tid`, costs `cost` (float32) and the state they lead to
    `target`, counted within the HMM; one more than its last state means that it is left. `inner`: (num_states,) numbers from 0 the
    states of an HMM that some arc leads to, -1 for others (its entry, as a rule); `num_inner`: (num_hmms,) how many there are.
    """

    first_state: np.ndarray
    first_arc: np.ndarray
    tid: np.ndarray
    cost: np.ndarray
    target: np.ndarray
    inner: np.ndarray
    num_inner: np.ndarray


def expand_hmms(
    clg: Fst, labels: ContextLabels, tree: Tree, transitions: TransitionModel, transition_scale: float = 1.0
) -> tuple[Fst, int]:
    """HCLG without self-loops, and the number of disambiguation symbols on its input side, which follow the transition ids.

    Costs of transitions are those among the transitions that leave a state, times `transition_scale`.
    """
    if not transitions.topology.is_hmm:
        raise CortadoError("graphs are made for states of one pdf class, not for the two of chain topologies")
    sequences, of_window = np.unique(_transition_states(labels, tree, transitions), axis=0, return_inverse=True)
    hmms = phone_hmms(sequences, transitions, transition_scale)
    hmm_of_label = np.full(len(labels.is_window), -1, np.int32)
    hmm_of_label[labels.is_window] = of_window.ravel()
    plain_label = np.zeros(len(labels.is_window), np.int32)
    is_disambig = ~labels.is_window & (np.arange(len(plain_label)) > 0)
    plain_label[is_disambig] = transitions.num_tids + np.arange(1, is_disambig.sum() + 1)
    return _expand(clg, hmm_of_label, plain_label, hmms), int(is_disambig.sum())


def phone_hmms(sequences: np.ndarray, transitions: TransitionModel, transition_scale: float) -> PhoneHmms:
    """The HMMs of sequences (num_hmms, most states) of transition states, which end in -1 where a phone has fewer states."""
    rows = sequences[sequences >= 0]
    first_state = np.concatenate([[0], np.cumsum((sequences >= 0).sum(1))]).astype(np.int32)
    tids = [np.arange(transitions.first_tid[row], transitions.first_tid[row + 1]) for row in rows]
    source, tid = np.repeat(np.arange(len(rows)), list(map(len, tids))), np.concatenate(tids)
    leaving = ~transitions.tid_is_self_loop[tid]
    source, tid = source[leaving], tid[leaving]
    log_prob = transitions.log_probs[tid] - transitions.non_self_loop_log_prob(rows[source])
    target = transitions.tid_to_next_hmm_state[tid]
    inner, num_inner = _inner_states(first_state, source, target)
    first_arc = np.searchsorted(source, np.arange(len(rows) + 1)).astype(np.int32)
    cost = (-transition_scale * log_prob).astype(np.float32)
    return PhoneHmms(first_state, first_arc, tid.astype(np.int32), cost, target, inner, num_inner)


def _transition_states(labels: ContextLabels, tree: Tree, transitions: TransitionModel) -> np.ndarray:
    """The transition states of the phone in the middle of each window: (num_windows, most states of a phone), -1 behind the last."""
    windows = labels.windows[labels.is_window]
    phones = windows[:, tree.central_position]
    entries = {phone: transitions.topology.entry(phone)[:-1] for phone in np.unique(phones).tolist()}
    result = np.full((len(windows), max(map(len, entries.values()))), -1, np.int32)
    for phone, entry in entries.items():
        rows = np.flatnonzero(phones == phone)
        for hmm_state, state in enumerate(entry):
            pdfs = tree.pdf_ids(windows[rows], np.full(len(rows), state.pdf_class))
            result[rows, hmm_state] = transitions.find_states(phones[rows], np.full(len(rows), hmm_state), pdfs)
    return result


def _inner_states(first_state: np.ndarray, source: np.ndarray, target: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    num_hmms = len(first_state) - 1
    hmm_of_state = np.repeat(np.arange(num_hmms), np.diff(first_state))
    entered = first_state[hmm_of_state[source]] + target
    entered = entered[entered < first_state[hmm_of_state[source] + 1]]
    is_inner = np.zeros(len(hmm_of_state), bool)
    is_inner[entered] = True
    before = np.concatenate([[0], np.cumsum(is_inner)])
    inner = np.where(is_inner, before[:-1] - before[first_state[hmm_of_state]], -1)
    return inner.astype(np.int32), np.diff(before[first_state]).astype(np.int32)


def _expand(clg: Fst, hmm_of_label: np.ndarray, plain_label: np.ndarray, hmms: PhoneHmms) -> Fst:
    pair_of_arc, pair_hmm, pair_state = number_pairs(hmm_of_label[clg.ilabel], clg.nextstate, len(hmms.num_inner), clg.num_states)
    first_inner = np.cumsum(np.concatenate([[clg.num_states], hmms.num_inner[pair_hmm]]))
    if first_inner[-1] > np.iinfo(np.int32).max:
        raise CortadoError(f"the graph would have {first_inner[-1]} states, more than its files can number; use a smaller language model")
    result = Fst.empty(clg.start, count_expanded_arcs(clg, hmm_of_label, hmms, pair_hmm, first_inner))
    fill_expanded_arcs(clg, hmm_of_label, plain_label, hmms, pair_of_arc, pair_hmm, pair_state, first_inner.astype(np.int32), result)
    return result
