"""One step of determinisation, compiled: where the words lead from a set of lattice states.

A set has, for each lattice state in it, what the best path to it has beyond the path of the determinised lattice so far: graph cost,
acoustic cost and transition ids. Element e of the flat arrays has tids[first_tid[e]:first_tid[e + 1]].
"""

from typing import NamedTuple

import numpy as np
from numba import njit

from cortado.decode.trellis import grown


class Arcs(NamedTuple):
    """A Lattice as compiled code takes it; cost: total of an arc; to_end: least total from each state to the last."""

    first_arc: np.ndarray
    source: np.ndarray
    target: np.ndarray
    word: np.ndarray
    graph_cost: np.ndarray
    acoustic_cost: np.ndarray
    cost: np.ndarray
    to_end: np.ndarray
    first_tid: np.ndarray
    tids: np.ndarray


class Elements(NamedTuple):
    """(n,) states, ascending; (n,) graph_cost, acoustic_cost, cost (their weighted sum); (n + 1,) first_tid; tids."""

    states: np.ndarray
    graph_cost: np.ndarray
    acoustic_cost: np.ndarray
    cost: np.ndarray
    first_tid: np.ndarray
    tids: np.ndarray


class Ways(NamedTuple):
    """The best way to each lattice state, (num_states,): costs, and the arc it ends with, or -1 - element where it begins.

    All costs are inf between two calls.
    """

    graph_cost: np.ndarray
    acoustic_cost: np.ndarray
    cost: np.ndarray
    back: np.ndarray


def new_ways(num_states: int) -> Ways:
    return Ways(*(np.full(num_states, np.inf) for _ in range(3)), np.zeros(num_states, np.int64))


@njit(cache=True, nogil=True)
def follow_words(arcs: Arcs, elements: Elements, most: float, ways: Ways) -> tuple[np.ndarray, np.ndarray, Elements]:
    """Follow arcs without words, then one with a word: (words (w,), first of the new elements of each (w + 1,), new elements).

    Word 0 stands for reaching the last state. Ways that cannot be completed at a cost of at most `most` are left.
    """
    word_arcs, highest = _spread(arcs, elements, most, ways)
    last = len(ways.cost) - 1
    keys = arcs.word[word_arcs].astype(np.int64) * len(ways.cost) + arcs.target[word_arcs]
    best = _best_of_equal_keys(keys, _costs_over(arcs, ways, word_arcs))
    word_arcs = word_arcs[best]
    has_end = ways.cost[last] < np.inf
    num_new = len(word_arcs) + has_end
    words, states = np.zeros(num_new, np.int32), np.full(num_new, last, np.int32)
    words[has_end:], states[has_end:] = arcs.word[word_arcs], arcs.target[word_arcs]
    costs = np.empty((3, num_new))
    if has_end:
        costs[0, 0], costs[1, 0], costs[2, 0] = ways.graph_cost[last], ways.acoustic_cost[last], ways.cost[last]
    source = arcs.source[word_arcs]
    costs[0, has_end:] = ways.graph_cost[source] + arcs.graph_cost[word_arcs]
    costs[1, has_end:] = ways.acoustic_cost[source] + arcs.acoustic_cost[word_arcs]
    costs[2, has_end:] = _costs_over(arcs, ways, word_arcs)
    first_tid, tids = _tids_of_ways(arcs, elements, ways, word_arcs, has_end)
    for state in range(elements.states[0], highest + 1):
        ways.graph_cost[state] = ways.acoustic_cost[state] = ways.cost[state] = np.inf
    return *_groups(words), Elements(states, costs[0], costs[1], costs[2], first_tid, tids)


@njit(cache=True, nogil=True)
def _spread(arcs, elements, most, ways) -> tuple[np.ndarray, int]:
    """Fill `ways` over arcs without words: (arcs with words that leave what was reached, highest state reached)."""
    first_arc, targets, words = arcs.first_arc, arcs.target, arcs.word
    graph_cost, acoustic_cost, cost, back = ways.graph_cost, ways.acoustic_cost, ways.cost, ways.back
    arc_costs, to_end = arcs.cost, arcs.to_end
    for element in range(len(elements.states)):
        state = elements.states[element]
        graph_cost[state], acoustic_cost[state] = elements.graph_cost[element], elements.acoustic_cost[element]
        cost[state], back[state] = elements.cost[element], -1 - element
    found, num_found = np.empty(64, np.int64), 0
    state, highest = elements.states[0], elements.states[-1]
    while state <= highest:
        if cost[state] < np.inf:
            found = grown(found, 2 * (num_found + first_arc[state + 1] - first_arc[state]))
            for arc in range(first_arc[state], first_arc[state + 1]):
                target, new_cost = targets[arc], cost[state] + arc_costs[arc]
                if new_cost + to_end[target] > most:
                    continue
                if words[arc]:
                    found[num_found] = arc
                    num_found += 1
                elif new_cost < cost[target]:
                    graph_cost[target] = graph_cost[state] + arcs.graph_cost[arc]
                    acoustic_cost[target] = acoustic_cost[state] + arcs.acoustic_cost[arc]
                    cost[target], back[target] = new_cost, arc
                    highest = max(highest, target)
        state += 1
    return found[:num_found], highest


@njit(cache=True, nogil=True)
def _costs_over(arcs, ways, word_arcs) -> np.ndarray:
    return ways.cost[arcs.source[word_arcs]] + arcs.cost[word_arcs]


@njit(cache=True, nogil=True)
def _best_of_equal_keys(keys, costs) -> np.ndarray:
    """Places of the least cost for each key, keys ascending; the first of equals."""
    order = np.argsort(keys, kind="mergesort")
    best = np.empty(len(order), np.int64)
    num_best = 0
    for place in order:
        if num_best and keys[best[num_best - 1]] == keys[place]:
            if costs[place] < costs[best[num_best - 1]]:
                best[num_best - 1] = place
        else:
            best[num_best] = place
            num_best += 1
    return best[:num_best]


@njit(cache=True, nogil=True)
def _groups(words) -> tuple[np.ndarray, np.ndarray]:
    """Of ascending words: (each once, where it begins and the number of all)."""
    starts = np.empty(len(words) + 1, np.int64)
    num_groups = 0
    for place in range(len(words)):
        if place == 0 or words[place] != words[place - 1]:
            starts[num_groups] = place
            num_groups += 1
    starts[num_groups] = len(words)
    return words[starts[:num_groups]], starts[: num_groups + 1]


@njit(cache=True, nogil=True)
def _tids_of_ways(arcs, elements, ways, word_arcs, has_end) -> tuple[np.ndarray, np.ndarray]:
    """(first_tid, tids) of the way to the last state, if it has one, and of the ways over `word_arcs`."""
    first_tid = np.zeros(len(word_arcs) + has_end + 1, np.int64)
    last_arcs = np.empty(len(word_arcs) + has_end, np.int64)
    if has_end:
        last_arcs[0] = ways.back[len(ways.cost) - 1]
    last_arcs[has_end:] = word_arcs
    for place in range(len(last_arcs)):
        first_tid[place + 1] = first_tid[place] + _length_of_way(arcs, elements, ways, last_arcs[place])
    tids = np.empty(first_tid[-1], np.int32)
    for place in range(len(last_arcs)):
        _write_way(arcs, elements, ways, last_arcs[place], tids[first_tid[place] : first_tid[place + 1]])
    return first_tid, tids


@njit(cache=True, nogil=True)
def _length_of_way(arcs, elements, ways, arc) -> int:
    length = 0
    while arc >= 0:
        length += arcs.first_tid[arc + 1] - arcs.first_tid[arc]
        arc = ways.back[arcs.source[arc]]
    return length + elements.first_tid[-arc] - elements.first_tid[-1 - arc]


@njit(cache=True, nogil=True)
def _write_way(arcs, elements, ways, arc, tids) -> None:
    end = len(tids)
    while arc >= 0:
        length = arcs.first_tid[arc + 1] - arcs.first_tid[arc]
        tids[end - length : end] = arcs.tids[arcs.first_tid[arc] : arcs.first_tid[arc + 1]]
        end -= length
        arc = ways.back[arcs.source[arc]]
    tids[:end] = elements.tids[elements.first_tid[-1 - arc] : elements.first_tid[-arc]]
