"""The words of a lattice that are nearest to a reference, compiled."""

import numpy as np
from numba import njit

_FAR = 1 << 29


@njit(cache=True, nogil=True)
def nearest_words(
    num_states: int, source: np.ndarray, target: np.ndarray, word: np.ndarray, reference: np.ndarray
) -> tuple[int, np.ndarray]:
    """(edit distance, words of the path): arcs sorted by source, states in topological order, word 0 is none."""
    length = len(reference)
    distance = np.full((num_states, length + 1), _FAR, np.int32)
    back_arc = np.full((num_states, length + 1), -1, np.int64)
    back_place = np.zeros((num_states, length + 1), np.int32)
    distance[0, 0] = 0
    for state in range(num_states):
        _delete_words(distance[state], back_arc[state], back_place[state])
        for arc in range(np.searchsorted(source, state), np.searchsorted(source, state + 1)):
            for place in range(length + 1):
                here = distance[state, place]
                if word[arc] == 0:
                    _reach(distance, back_arc, back_place, target[arc], place, here, arc, place)
                    continue
                _reach(distance, back_arc, back_place, target[arc], place, here + 1, arc, place)
                if place < length:
                    wrong = word[arc] != reference[place]
                    _reach(distance, back_arc, back_place, target[arc], place + 1, here + wrong, arc, place)
    words = _words_back(source, word, back_arc, back_place)
    return distance[num_states - 1, length], words


@njit(cache=True, nogil=True)
def _delete_words(distance, back_arc, back_place) -> None:
    """Words of the reference may be left out at any state: all ways into it are known by now."""
    for place in range(1, len(distance)):
        if distance[place - 1] + 1 < distance[place]:
            distance[place], back_arc[place], back_place[place] = distance[place - 1] + 1, -1, place - 1


@njit(cache=True, nogil=True)
def _reach(distance, back_arc, back_place, state, place, value, arc, from_place) -> None:
    if value < distance[state, place]:
        distance[state, place], back_arc[state, place], back_place[state, place] = value, arc, from_place


@njit(cache=True, nogil=True)
def _words_back(source, word, back_arc, back_place) -> np.ndarray:
    words = np.empty(len(back_arc), np.int32)
    first, state, place = len(words), len(back_arc) - 1, back_arc.shape[1] - 1
    while state > 0 or place > 0:
        arc, place_before = back_arc[state, place], back_place[state, place]
        if arc >= 0:
            if word[arc]:
                first -= 1
                words[first] = word[arc]
            state = source[arc]
        place = place_before
    return words[first:]
