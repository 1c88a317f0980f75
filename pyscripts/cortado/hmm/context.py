"""Phones in context: copies of the nodes of phone graphs, so that each has one sequence of states.

With a tree that looks at the phones before and after, the states of a node depend on the arcs by which it is entered and left. A node
has a copy for each pair of neighbours; where the states are the same for several phones before (and one after), one copy serves them,
and so on with several phones after. Paths and their scores stay exactly the same.
"""

from typing import NamedTuple

import numpy as np

from cortado.errors import CortadoError
from cortado.hmm.phone_graph import START, PhoneGraphs
from cortado.hmm.ragged import ListsByKey, number_rows, offsets_of
from cortado.hmm.transition_model import TransitionModel
from cortado.hmm.tree import Tree

MOST_NEIGHBOURS = 63  # different phones before, or after, a node: sets of them are the bits of an int64
OUTSIDE = 0  # the phone before the first one and after the last one


class StateSequences:
    """The sequences of states that phones have in their contexts; each window of phones is looked up in `tree` once.

    `rows` (num_sequences, most HMM states of a phone) int32: the rows of the TransitionModel, then -1.
    Raises CortadoError for a tree that looks at other phones than the one before and the one after.
    """

    def __init__(self, tree: Tree, transitions: TransitionModel):
        if (tree.context_width, tree.central_position) not in ((1, 0), (3, 1)):
            shape = f"{tree.context_width} phones around number {tree.central_position}"
            raise CortadoError(f"only trees of one phone, or of three around the middle one, can be trained, not of {shape}")
        self.has_context = tree.context_width == 3
        self._tree, self._transitions = tree, transitions
        self._of_window: dict[tuple[int, ...], int] = {}
        self._of_states: dict[tuple[int, ...], int] = {}
        self.rows = np.zeros((0, max(map(len, transitions.topology.entries)) - 1), np.int32)

    def find(self, windows: np.ndarray) -> np.ndarray:
        """The row of each window: (n, 3) int, or (n, 1) without context, -> (n,) int32."""
        first, numbers = number_rows(*windows.T)
        different = list(map(tuple, windows[first].tolist()))
        if new := [window for window in different if window not in self._of_window]:
            self._add(new)
        return np.array([self._of_window[window] for window in different], np.int32)[numbers]

    def _add(self, windows: list[tuple[int, ...]]) -> None:
        for window, states in zip(windows, map(tuple, self._states(np.array(windows)).tolist()), strict=True):
            self._of_window[window] = self._of_states.setdefault(states, len(self._of_states))
        self.rows = np.array(list(self._of_states), np.int32)

    def _states(self, windows: np.ndarray) -> np.ndarray:
        """The transition states of each window: (n, most HMM states), -1 behind the last."""
        phones = windows[:, self._tree.central_position]
        entries = [self._transitions.topology.entry(phone) for phone in phones.tolist()]
        found = np.full((len(windows), self.rows.shape[1]), -1, np.int32)
        for hmm_state in range(found.shape[1]):
            has = np.flatnonzero([hmm_state < len(entry) - 1 for entry in entries])
            pdfs = self._tree.pdf_ids(windows[has], np.array([entries[row][hmm_state].pdf_class for row in has]))
            found[has, hmm_state] = self._transitions.find_states(phones[has], np.full(len(has), hmm_state), pdfs)
        return found


class _Neighbours:
    """The different phones on one side of the nodes. nodes, phones: (n,), a node and a phone that an arc connects it with."""

    def __init__(self, nodes: np.ndarray, phones: np.ndarray, num_nodes: int):
        first, numbers = number_rows(nodes, phones)
        self.nodes, self.phones = nodes[first], phones[first]
        counts = np.bincount(self.nodes, minlength=num_nodes)
        if counts.max() > MOST_NEIGHBOURS:
            raise CortadoError(f"a word has more than {MOST_NEIGHBOURS} different first or last phones among its pronunciations")
        self.of_node = ListsByKey(self.nodes, num_nodes)
        self.bits = np.int64(1) << (np.arange(len(first)) - offsets_of(counts)[self.nodes])
        self.bits_of_arc = self.bits[numbers]


class _Arcs(NamedTuple):
    sources: np.ndarray
    targets: np.ndarray


class _Copies(NamedTuple):
    """Copies in the order of their nodes: `states`, rows of StateSequences, and the neighbours that each is for, as bits."""

    nodes: np.ndarray
    states: np.ndarray
    before: np.ndarray
    after: np.ndarray


def expand_context(graph: PhoneGraphs, sequences: StateSequences) -> PhoneGraphs:
    """The same with phones in context as nodes: rows of `sequences`. Raises CortadoError for more neighbours than MOST_NEIGHBOURS."""
    if not sequences.has_context:
        return graph._replace(nodes=sequences.find(graph.nodes[:, None]))
    num_nodes, num_utterances = len(graph.nodes), len(graph.node_offsets) - 1
    # one more node for each utterance stands for what is outside: before its first phones and after its last ones
    outside = num_nodes + np.repeat(np.arange(num_utterances), np.diff(graph.node_offsets))
    sources = np.where(graph.arc_sources == START, outside[graph.arc_targets], graph.arc_sources)
    arcs = _Arcs(np.append(sources, graph.final_nodes), np.append(graph.arc_targets, outside[graph.final_nodes]))
    phones = np.append(graph.nodes, np.full(num_utterances, OUTSIDE))
    before = _Neighbours(arcs.targets, phones[arcs.sources], len(phones))
    after = _Neighbours(arcs.sources, phones[arcs.targets], len(phones))
    copies = _find_copies(phones, num_nodes, before, after, sequences)
    return _link(graph, copies, arcs, before, after)


def _find_copies(phones: np.ndarray, num_nodes: int, before: _Neighbours, after: _Neighbours, sequences: StateSequences) -> _Copies:
    """The copies of each node; those that stand for the outside have one, for all neighbours."""
    lefts, rights = before.of_node.look_up(after.nodes)
    is_inside = after.nodes[rights] < num_nodes
    lefts, rights = lefts[is_inside], rights[is_inside]
    nodes = after.nodes[rights]
    states = sequences.find(np.stack([before.phones[lefts], phones[nodes], after.phones[rights]], 1))
    for_one, one = number_rows(rights, states)  # the same states after several phones, before one
    before_bits = _union(before.bits[lefts], one, len(for_one))
    for_all, several = number_rows(nodes[for_one], states[for_one], before_bits)
    outside = np.arange(num_nodes, len(phones))
    everyone = np.full(len(outside), -1)
    return _Copies(
        nodes=np.append(nodes[for_one][for_all], outside),
        states=np.append(states[for_one][for_all], everyone),
        before=np.append(before_bits[for_all], everyone),
        after=np.append(_union(after.bits[rights[for_one]], several, len(for_all)), everyone),
    )


def _union(bits: np.ndarray, groups: np.ndarray, num_groups: int) -> np.ndarray:
    union = np.zeros(num_groups, np.int64)
    np.bitwise_or.at(union, groups, bits)
    return union


def _link(graph: PhoneGraphs, copies: _Copies, arcs: _Arcs, before: _Neighbours, after: _Neighbours) -> PhoneGraphs:
    """Connect the copies of two connected nodes where each is meant for the other's phone."""
    of_node = ListsByKey(copies.nodes, len(before.of_node))
    rights, arc = of_node.look_up(arcs.targets)
    fits = copies.before[rights] & before.bits_of_arc[arc] != 0
    rights, arc = rights[fits], arc[fits]
    lefts, place = of_node.look_up(arcs.sources[arc])
    rights, arc = rights[place], arc[place]
    fits = copies.after[lefts] & after.bits_of_arc[arc] != 0
    lefts, rights, costs = lefts[fits], rights[fits], np.append(graph.arc_costs, graph.final_costs)[arc[fits]]
    num_copies = np.count_nonzero(copies.states >= 0)
    ends = rights >= num_copies
    return PhoneGraphs(
        node_offsets=np.searchsorted(copies.nodes[:num_copies], graph.node_offsets),
        nodes=copies.states[:num_copies],
        arc_sources=np.where(lefts < num_copies, lefts, START)[~ends],
        arc_targets=rights[~ends],
        arc_costs=costs[~ends],
        final_nodes=lefts[ends],
        final_costs=costs[ends],
    )
