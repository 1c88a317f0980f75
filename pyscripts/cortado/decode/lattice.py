"""Lattices: the paths that a search found, with words, alignments, and the costs of graph and acoustics apart."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from cortado.decode.lattice_kernels import (
    arcs_to_end,
    least_costs,
    least_costs_to_end,
    on_complete_paths,
    times_of_states,
    topological_order,
)
from cortado.errors import CortadoError


@dataclass(frozen=True)
class Path:
    """One path of a lattice: its words without the arcs that have none, one transition id a frame, and its costs."""

    arcs: np.ndarray
    words: tuple[int, ...]
    alignment: np.ndarray
    graph_cost: float
    acoustic_cost: float


@dataclass(frozen=True)
class Lattice:
    """An acyclic acceptor of words. Paths lead from state 0 to the last state; every arc leads to a later state and lies on a path.

    Of A arcs, sorted by source: source, target, word (0: none) int32; graph_cost, acoustic_cost float64, the latter not scaled.
    The transition ids of arc a, one for each frame that it covers, are tids[first_tid[a]] to tids[first_tid[a + 1] - 1], int32.
    """

    num_states: int
    source: np.ndarray
    target: np.ndarray
    word: np.ndarray
    graph_cost: np.ndarray
    acoustic_cost: np.ndarray
    first_tid: np.ndarray
    tids: np.ndarray

    @classmethod
    def from_arcs(cls, num_states: int, source, target, word, graph_cost, acoustic_cost, num_tids, tids) -> "Lattice":
        """From arcs in any order between states 0 (start) to num_states - 1 (end); num_tids (A,) of `tids` belong to each.

        States and arcs on no path from start to end are left out. Raises CortadoError when the arcs form a cycle or no path.
        """
        source, target = np.asarray(source, np.int32), np.asarray(target, np.int32)
        by_source, first_arc = _group(source, num_states)
        order = topological_order(first_arc, target[by_source])
        if len(order) < num_states:
            raise CortadoError("the lattice has a cycle")
        kept = on_complete_paths(first_arc, target[by_source], order)
        if not kept[0]:
            raise CortadoError("the lattice has no complete path")
        number = np.empty(num_states, np.int32)
        number[order[kept[order]]] = np.arange(kept.sum())
        arcs = np.flatnonzero(kept[source] & kept[target])
        arcs = arcs[_group(number[source[arcs]], num_states)[0]]
        first_tid, tids = _pick_spans(_ends(num_tids), np.asarray(tids, np.int32), arcs)
        values = [np.asarray(values, np.float64)[arcs] for values in (graph_cost, acoustic_cost)]
        word = np.asarray(word, np.int32)[arcs]
        return cls(int(kept.sum()), number[source[arcs]], number[target[arcs]], word, *values, first_tid, tids)

    @property
    def num_arcs(self) -> int:
        return len(self.source)

    @cached_property
    def first_arc(self) -> np.ndarray:
        """(num_states + 1,) int64: the arcs that leave state s are first_arc[s] to first_arc[s + 1] - 1."""
        return np.searchsorted(self.source, np.arange(self.num_states + 1))

    @cached_property
    def times(self) -> np.ndarray:
        """(num_states,) int32: frames from the start to each state. Raises CortadoError when two ways to a state differ."""
        times, contradicts = times_of_states(self.num_states, self.source, self.target, np.diff(self.first_tid))
        if contradicts >= 0:
            raise CortadoError(f"state {self.target[contradicts]} of the lattice is reached after different numbers of frames")
        return times

    def costs(self, acoustic_scale: float, word_penalty: float = 0.0) -> np.ndarray:
        """(A,) float64: graph_cost + acoustic_scale * acoustic_cost, and word_penalty for an arc with a word."""
        return self.graph_cost + acoustic_scale * self.acoustic_cost + word_penalty * (self.word > 0)

    def best_path(self, acoustic_scale: float, word_penalty: float = 0.0) -> Path:
        """The path of least cost. An LM weight as Kaldi's scoring sweeps it is 1 / acoustic_scale."""
        _, back = least_costs(self.num_states, self.source, self.target, self.costs(acoustic_scale, word_penalty))
        return self.path(arcs_to_end(self.source, back))

    def path(self, arcs: np.ndarray) -> Path:
        """The path over these arcs, in their order."""
        words = self.word[arcs]
        alignment = _pick_spans(self.first_tid, self.tids, arcs)[1]
        costs = float(self.graph_cost[arcs].sum()), float(self.acoustic_cost[arcs].sum())
        return Path(arcs, tuple(words[words > 0].tolist()), alignment, *costs)

    def prune(self, beam: float, acoustic_scale: float) -> "Lattice":
        """What lies on paths whose cost is within `beam` of the best."""
        costs = self.costs(acoustic_scale)
        before = least_costs(self.num_states, self.source, self.target, costs)[0]
        after = least_costs_to_end(self.num_states, self.source, self.target, costs)
        return self.select(before[self.source] + costs + after[self.target] <= after[0] + beam)

    def select(self, kept: np.ndarray) -> "Lattice":
        """The lattice of the arcs where `kept` (A,) is true. Raises CortadoError if no path is left."""
        arcs = np.flatnonzero(kept)
        columns = [values[arcs] for values in (self.source, self.target, self.word, self.graph_cost, self.acoustic_cost)]
        first_tid, tids = _pick_spans(self.first_tid, self.tids, arcs)
        return Lattice.from_arcs(self.num_states, *columns, np.diff(first_tid), tids)


def _group(source: np.ndarray, num_states: int) -> tuple[np.ndarray, np.ndarray]:
    """(arcs in the order of their sources, (num_states + 1,) where each state's begin)."""
    return np.argsort(source, kind="stable"), _ends(np.bincount(source, minlength=num_states))


def _ends(lengths) -> np.ndarray:
    """(n + 1,) int64: 0 and the running sums of n lengths."""
    ends = np.zeros(len(lengths) + 1, np.int64)
    np.cumsum(lengths, out=ends[1:])
    return ends


def _pick_spans(first: np.ndarray, values: np.ndarray, spans: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Of the spans values[first[i]:first[i + 1]] those named by `spans`, one after the other, as (first, values) again."""
    lengths = first[spans + 1] - first[spans]
    picked = _ends(lengths)
    places = np.arange(picked[-1]) + np.repeat(first[spans] - picked[:-1], lengths)
    return picked, values[places]
