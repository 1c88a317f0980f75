"""From the words of utterances to their training graphs: phones, phones in context, states; a fraction of a millisecond each.

The graph of an utterance has the paths that Kaldi's compile-train-graphs finds in a composition of lexicon, tree and transition model,
with the same transition ids and weights.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from cortado.errors import CortadoError
from cortado.hmm.context import StateSequences, expand_context
from cortado.hmm.packed_graphs import MOST_EXTRA, PackedGraphs
from cortado.hmm.phone_graph import START, PhoneGraphs, PronunciationTable, build_phone_graphs
from cortado.hmm.ragged import ListsByKey, offsets_of
from cortado.hmm.transition_model import TransitionModel
from cortado.hmm.tree import Tree


class _Arcs(NamedTuple):
    """Arcs between states that are numbered through all utterances: (A,) each."""

    sources: np.ndarray
    targets: np.ndarray
    tids: np.ndarray
    costs: np.ndarray

    def select(self, which: np.ndarray) -> "_Arcs":
        return _Arcs(*(column[which] for column in self))

    def join(self, other: "_Arcs") -> "_Arcs":
        return _Arcs(*map(np.append, self, other))


class GraphBuilder:
    """Makes training graphs for one lexicon and model. Raises CortadoError for trees that StateSequences cannot use."""

    def __init__(self, lexicon: PronunciationTable, tree: Tree, transitions: TransitionModel):
        self._lexicon, self._sequences, self._transitions = lexicon, StateSequences(tree, transitions), transitions
        self._tids_of = ListsByKey(transitions.tid_to_state[1:], transitions.num_states)  # item i is transition id i + 1

    def build(self, transcripts: Sequence[np.ndarray]) -> PackedGraphs:
        """The graphs of utterances. transcripts: words (num_words,) int of each, at least one, all of them in the lexicon.

        Raises CortadoError for words with so many pronunciations that there is no room for them.
        """
        phones = expand_context(build_phone_graphs(transcripts, self._lexicon), self._sequences)
        rows = self._sequences.rows[phones.nodes]
        first_states = offsets_of((rows >= 0).sum(1))
        return _pack(phones, first_states, self._transitions.forward_pdfs[rows[rows >= 0]], *self._arcs(phones, rows, first_states))

    def _arcs(self, phones: PhoneGraphs, rows: np.ndarray, first_states: np.ndarray) -> tuple[_Arcs, _Arcs]:
        """The arcs between states, and those that leave the last phone, which have no target."""
        node_of = np.repeat(np.arange(len(phones.nodes)), np.diff(first_states))
        tids, sources = self._tids_of.look_up(rows[rows >= 0])
        tids += 1
        targets = first_states[node_of[sources]] + self._transitions.tid_to_next_hmm_state[tids]
        leaves = targets == first_states[node_of[sources] + 1]
        within = _Arcs(sources, targets, tids, np.zeros(len(tids))).select(~leaves)
        leaving = _Arcs(sources, targets, tids, np.zeros(len(tids))).select(leaves)
        leaving_of = ListsByKey(node_of[leaving.sources], len(phones.nodes))

        is_inner = phones.arc_sources != START
        exits, arc = leaving_of.look_up(phones.arc_sources[is_inner])
        entered, costs = first_states[phones.arc_targets[is_inner]], phones.arc_costs[is_inner]
        between = _Arcs(leaving.sources[exits], entered[arc], leaving.tids[exits], costs[arc])
        exits, final = leaving_of.look_up(phones.final_nodes)
        return within.join(between), leaving.select(exits)._replace(costs=phones.final_costs[final])


def _pack(phones: PhoneGraphs, first_states: np.ndarray, pdfs: np.ndarray, arcs: _Arcs, finals: _Arcs) -> PackedGraphs:
    state_offsets = first_states[phones.node_offsets]
    bases = np.repeat(state_offsets[:-1], np.diff(state_offsets))
    starting = phones.arc_sources == START
    is_loop, is_chain = arcs.sources == arcs.targets, arcs.sources == arcs.targets - 1
    chain = arcs.select(is_chain)
    extra = arcs.select(~is_loop & ~is_chain)
    extra = extra.select(np.argsort(extra.targets, kind="stable"))
    num_extra = np.bincount(extra.targets, minlength=len(pdfs))
    if num_extra.max() > MOST_EXTRA:
        raise CortadoError(f"{num_extra.max()} pronunciations meet at a word; there is room for {MOST_EXTRA}")
    furthest, nearest = _reach(extra, state_offsets)
    return PackedGraphs(
        state_offsets=state_offsets,
        pdf=pdfs,
        self_loop_tid=_scatter(len(pdfs), arcs.targets[is_loop], arcs.tids[is_loop], np.int32),
        chain_tid=_scatter(len(pdfs), chain.targets, chain.tids, np.int32),
        chain_cost=_scatter(len(pdfs), chain.targets, chain.costs, np.float32),
        extra_offsets=offsets_of(num_extra),
        extra_source=(extra.sources - bases[extra.targets]).astype(np.int32),
        extra_tid=extra.tids.astype(np.int32),
        extra_cost=extra.costs.astype(np.float32),
        start_cost=_scatter(len(pdfs), first_states[phones.arc_targets[starting]], phones.arc_costs[starting], np.float32, np.inf),
        final_tid=_scatter(len(pdfs), finals.sources, finals.tids, np.int32),
        final_cost=_scatter(len(pdfs), finals.sources, finals.costs, np.float32),
        furthest=(furthest - bases).astype(np.int32),
        nearest=(nearest - bases).astype(np.int32),
    )


def _reach(extra: _Arcs, state_offsets: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """`furthest` and `nearest` of PackedGraphs, for states numbered through all utterances; no arc leads out of its own."""
    nearest = np.arange(state_offsets[-1])
    furthest = nearest + 1
    furthest[state_offsets[1:] - 1] -= 1
    np.maximum.at(furthest, extra.sources, extra.targets)
    np.minimum.at(nearest, extra.sources, extra.targets)
    return np.maximum.accumulate(furthest), np.minimum.accumulate(nearest[::-1])[::-1]


def _scatter(size: int, places: np.ndarray, values: np.ndarray, dtype: type, elsewhere: float = 0) -> np.ndarray:
    array = np.full(size, elsewhere, dtype)
    array[places] = values
    return array
