"""Minimisation: states with the same future become one. What Kaldi's fstminimizeencoded does, in a third of its time.

Two states are told apart by their final weights and arcs (labels and weights as they stand, nothing is pushed), then by the states that
these lead to, and so on until no more states come apart (Moore's algorithm). A state that is told from all others stays so, and most
are after a few rounds: later ones look at the rest alone.
"""

import numpy as np

from cortado.graph.fst import Fst
from cortado.graph.minimize_kernels import copy_states, hash_states

DELTA = 1 / 1024  # weights are rounded to multiples of this, as in Kaldi, or rounding errors would keep states apart


def minimize(fst: Fst) -> Fst:
    """The transducer with one state for each future, in the order of the first state that had it; weights are rounded to DELTA.

    States are compared by 64-bit hashes: among ten million states, two that differ are taken for one with a probability of 3e-6.
    """
    rounded = fst._replace(weight=_rounded(fst.weight), final=_rounded(fst.final))
    _, representatives, class_of_state = np.unique(_hashes(rounded), return_index=True, return_inverse=True)
    order = np.argsort(representatives)
    number = np.empty(len(order), np.int32)
    number[order] = np.arange(len(order))
    class_of_state, states = number[class_of_state], representatives[order]
    first_arc = np.concatenate([[0], np.cumsum(np.diff(fst.first_arc)[states])])
    result = Fst.empty(int(class_of_state[fst.start]) if len(states) else -1, first_arc)
    copy_states(rounded, states, class_of_state, result)
    return result


def _hashes(fst: Fst) -> np.ndarray:
    """(num_states,) uint64, equal for states of the same future."""
    hashes = np.zeros(fst.num_states, np.uint64)
    bits = fst.weight.view(np.uint32), fst.final.view(np.uint32)
    undecided, num_classes = np.arange(fst.num_states), 1
    while len(undecided):
        fresh = np.empty(len(undecided), np.uint64)
        hash_states(fst, *bits, hashes, undecided, fresh)
        hashes[undecided] = fresh
        order = np.argsort(fresh)
        differs = np.concatenate([[True], np.diff(fresh[order]) != 0, [True]])
        if differs.sum() - 1 == num_classes:
            break
        shared = order[~(differs[:-1] & differs[1:])]
        num_classes = int(differs[:-1][~(differs[:-1] & differs[1:])].sum())
        undecided = np.sort(undecided[shared])
    return hashes


def _rounded(weights: np.ndarray) -> np.ndarray:
    return np.floor(weights / np.float32(DELTA) + np.float32(0.5)) * np.float32(DELTA)
