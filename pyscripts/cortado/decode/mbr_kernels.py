"""Expected edits between a word sequence and the paths of a lattice, compiled.

After H. Xu, D. Povey, L. Mangu and J. Zhu, "Minimum Bayes risk decoding and system combination based on a recursion for edit distance",
Computer Speech and Language 25 (2011); names in brackets are those of its figures. The sequence has a place for nothing before, between
and after its words (word 0), so that a path's extra words fall into these places.
"""

import math

import numpy as np
from numba import njit

_DELTA = 1e-5  # for leaving a word of the path without a place, so that equal ways prefer places


@njit(cache=True, nogil=True)
def log_forward(num_states: int, source: np.ndarray, target: np.ndarray, log_probs: np.ndarray) -> np.ndarray:
    """(num_states,) log of the sum over paths from state 0 (alpha); the last entry is that of the whole lattice."""
    alpha = np.full(num_states, -np.inf)
    alpha[0] = 0.0
    for arc in range(len(source)):
        alpha[target[arc]] = np.logaddexp(alpha[target[arc]], alpha[source[arc]] + log_probs[arc])
    return alpha


@njit(cache=True, nogil=True)
def expected_edits(source, target, word, shares: np.ndarray, num_states: int, sequence: np.ndarray) -> np.ndarray:
    """(num_states, len(sequence) + 1): edits between the first places and the paths to a state, averaged over paths (alpha').

    shares: (num_arcs,) the part of the probability of an arc's target that comes over it.
    """
    edits = np.zeros((num_states, len(sequence) + 1))
    for place in range(len(sequence)):
        edits[0, place + 1] = edits[0, place] + (sequence[place] != 0)
    for arc in range(len(source)):
        over_arc, _ = _edits_over_arc(edits[source[arc]], word[arc], sequence)
        edits[target[arc]] += shares[arc] * over_arc
    return edits


@njit(cache=True, nogil=True)
def _edits_over_arc(before: np.ndarray, word: int, sequence: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(edits after the arc; how each is attained: 1 the arc's word at that place, 2 at none, 3 the place left without a word)."""
    edits, ways = np.empty(len(before)), np.empty(len(before), np.int8)
    edits[0], ways[0] = before[0] + (word != 0) + _DELTA, 2
    for place in range(1, len(before)):
        at_place = before[place - 1] + (word != sequence[place - 1])
        at_none = before[place] + (word != 0) + _DELTA
        left_out = edits[place - 1] + (sequence[place - 1] != 0)
        if at_place <= at_none and at_place <= left_out:
            edits[place], ways[place] = at_place, 1
        elif at_none <= left_out:
            edits[place], ways[place] = at_none, 2
        else:
            edits[place], ways[place] = left_out, 3
    return edits, ways


@njit(cache=True, nogil=True)
def words_at_places(source, target, word, shares, times, edits, sequence, num_words) -> np.ndarray:
    """(3, len(sequence), num_words): probability of each word at each place (gamma), and times it, where the word begins and ends.

    word: (num_arcs,) below num_words; times: (num_states,); edits: expected_edits.
    """
    found = np.zeros((3, len(sequence), num_words))
    mass = np.zeros(edits.shape)  # beta'
    mass[-1, len(sequence)] = 1.0
    for arc in range(len(source) - 1, -1, -1):
        begin, end = times[source[arc]], times[target[arc]]
        _, ways = _edits_over_arc(edits[source[arc]], word[arc], sequence)
        over_arc = shares[arc] * mass[target[arc]]
        for place in range(len(sequence), 0, -1):
            if ways[place] == 1:
                mass[source[arc], place - 1] += over_arc[place]
                _count(found, place - 1, word[arc], over_arc[place], begin, end)
            elif ways[place] == 2:
                mass[source[arc], place] += over_arc[place]
            else:
                over_arc[place - 1] += over_arc[place]
                _count(found, place - 1, 0, over_arc[place], begin, begin)
        mass[source[arc], 0] += over_arc[0]
    left = mass[0].copy()
    for place in range(len(sequence), 0, -1):
        _count(found, place - 1, 0, left[place], 0.0, 0.0)
        left[place - 1] += left[place]
    return found


@njit(cache=True, nogil=True)
def _count(found, place, word, probability, begin, end) -> None:
    found[0, place, word] += probability
    found[1, place, word] += probability * begin
    found[2, place, word] += probability * end


@njit(cache=True, nogil=True)
def arc_shares(source, target, log_probs, alpha) -> np.ndarray:
    """(num_arcs,): of the probability of its target, the part that comes over the arc."""
    shares = np.empty(len(source))
    for arc in range(len(source)):
        shares[arc] = math.exp(alpha[source[arc]] + log_probs[arc] - alpha[target[arc]])
    return shares
