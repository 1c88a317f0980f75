"""Determinisation by words: every word sequence of a lattice once, with the costs and the alignment of its best path.

Weighted determinisation over pairs of cost and string, as Kaldi's determinize-lattice-pruned: a state of the result is a set of states of
the lattice, each with what its best path has beyond the path so far: costs, and transition ids that the paths do not share.
(D. Povey et al., "Generating exact lattices in the WFST framework", ICASSP 2012.)
"""

from collections import defaultdict
from dataclasses import dataclass, field

import numpy as np

from cortado.decode.determinize_kernels import Arcs, Elements, follow_words, new_ways
from cortado.decode.lattice import Lattice
from cortado.decode.lattice_kernels import least_costs_to_end

GRAIN = 1 / 1024  # sets whose costs agree to about this are one, as in Kaldi (its kDelta)
NARROWER = 0.75  # of the beam, when the result would be too large


@dataclass
class _Result:
    """Arcs of the determinised lattice as they are found; the end is state -1 until the number of states is known."""

    source: list[int] = field(default_factory=list)
    target: list[int] = field(default_factory=list)
    word: list[int] = field(default_factory=list)
    graph_cost: list[float] = field(default_factory=list)
    acoustic_cost: list[float] = field(default_factory=list)
    tids: list[np.ndarray] = field(default_factory=list)

    def add(self, source: int, target: int, word: int, graph_cost: float, acoustic_cost: float, tids: np.ndarray) -> None:
        for values, value in zip(vars(self).values(), (source, target, word, graph_cost, acoustic_cost, tids), strict=True):
            values.append(value)

    def lattice(self, num_states: int) -> Lattice:
        target = [num_states if target < 0 else target for target in self.target]
        columns = self.source, target, self.word, self.graph_cost, self.acoustic_cost
        return Lattice.from_arcs(num_states + 1, *columns, [len(tids) for tids in self.tids], np.concatenate(self.tids))


def determinize(lattice: Lattice, beam: float, acoustic_scale: float, max_arcs: int = 200_000) -> Lattice:
    """The paths within `beam` of the best at this scale, each word sequence once; an arc without a word leads to the end alone.

    Where that takes more than max_arcs arcs, the beam is narrowed until it does not.
    """
    while (result := _determinize(lattice, beam, acoustic_scale, max_arcs)) is None:
        beam *= NARROWER
    return result


def _determinize(lattice: Lattice, beam: float, acoustic_scale: float, max_arcs: int) -> Lattice | None:
    arcs = _as_arcs(lattice, acoustic_scale)
    most = arcs.to_end[0] + beam
    ways, result = new_ways(lattice.num_states), _Result()
    start = Elements(np.zeros(1, np.int32), np.zeros(1), np.zeros(1), np.zeros(1), np.zeros(2, np.int64), np.empty(0, np.int32))
    sets, numbers, costs_before = [start], {_key(start, acoustic_scale): 0}, [0.0]
    waiting = defaultdict(list, {0: [0]})  # numbers of sets by their lowest state: no arc leads to a set with a lower one
    for lowest in range(lattice.num_states):
        for number in waiting.pop(lowest, ()):
            words, first, elements = follow_words(arcs, sets[number], most - costs_before[number], ways)
            for word, begin, end in zip(words.tolist(), first[:-1].tolist(), first[1:].tolist(), strict=True):
                best, tids, rest = _split(_slice(elements, begin, end))
                target = -1
                if word:
                    target = numbers.setdefault(_key(rest, acoustic_scale), len(sets))
                    if target == len(sets):
                        sets.append(rest)
                        costs_before.append(np.inf)
                        waiting[int(rest.states[0])].append(target)
                    costs_before[target] = min(costs_before[target], costs_before[number] + elements.cost[begin + best])
                costs = elements.graph_cost[begin + best], elements.acoustic_cost[begin + best]
                result.add(number, target, word, *costs, tids)
            sets[number] = None  # done with
        if len(result.source) > max_arcs:
            return None
    return result.lattice(len(sets))


def _as_arcs(lattice: Lattice, acoustic_scale: float) -> Arcs:
    costs = lattice.costs(acoustic_scale)
    to_end = least_costs_to_end(lattice.num_states, lattice.source, lattice.target, costs)
    columns = lattice.source, lattice.target, lattice.word, lattice.graph_cost, lattice.acoustic_cost
    return Arcs(lattice.first_arc, *columns, costs, to_end, lattice.first_tid, lattice.tids)


def _slice(elements: Elements, begin: int, end: int) -> Elements:
    first_tid = elements.first_tid[begin : end + 1]
    columns = (values[begin:end] for values in elements[:4])
    return Elements(*columns, first_tid - first_tid[0], elements.tids[first_tid[0] : first_tid[-1]])


def _split(elements: Elements) -> tuple[int, np.ndarray, Elements]:
    """(the best element, the transition ids that all begin with, what the elements have beyond the best costs and these)."""
    best = int(np.argmin(elements.cost))
    common = _common_prefix(elements)
    kept = np.ones(len(elements.tids), bool)
    for begin in elements.first_tid[:-1].tolist():
        kept[begin : begin + common] = False
    rest = Elements(
        elements.states,
        elements.graph_cost - elements.graph_cost[best],
        elements.acoustic_cost - elements.acoustic_cost[best],
        elements.cost - elements.cost[best],
        elements.first_tid - common * np.arange(len(elements.first_tid)),
        elements.tids[kept],
    )
    return best, elements.tids[:common], rest


def _common_prefix(elements: Elements) -> int:
    """How many transition ids all elements begin with."""
    spans = [elements.tids[begin:end] for begin, end in zip(elements.first_tid[:-1], elements.first_tid[1:], strict=True)]
    common = spans[0]
    for span in spans[1:]:
        length = min(len(common), len(span))
        differs = np.flatnonzero(common[:length] != span[:length])
        common = common[: differs[0] if len(differs) else length]
    return len(common)


def _key(elements: Elements, acoustic_scale: float) -> bytes:
    """What makes a set the same as another: states, costs to GRAIN, transition ids."""
    costs = np.rint(np.concatenate([elements.graph_cost, acoustic_scale * elements.acoustic_cost]) / GRAIN)
    return b"".join(part.tobytes() for part in (elements.states, costs + 0.0, elements.first_tid, elements.tids))
