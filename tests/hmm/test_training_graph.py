"""Training graphs: the same paths, with the same costs, as a plain walk through lexicon, tree and topology finds."""

import itertools
import math
import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent))
from small_speech import PRONUNCIATIONS, SIL, SIL_PROB, lexicon, transcripts

from cortado.errors import CortadoError
from cortado.hmm.packed_graphs import shortest_path
from cortado.hmm.phone_graph import pronunciation_table
from cortado.hmm.training_graph import GraphBuilder
from cortado.hmm.transition_model import TransitionModel
from cortado.hmm.tree import Tree, monophone_tree, windows_of
from cortado.lang.files import WordPhones


def paths_by_hand(words, transitions: TransitionModel, tree: Tree) -> dict:
    """(transition id of each state left, self-loops not taken, silence walked straight) -> cost, over all ways to say the words."""
    found = {}
    said = [[entry for entry in PRONUNCIATIONS if entry.word == word] for word in words]
    for entries in itertools.product(*said):
        for silent in itertools.product([False, True], repeat=len(words) + 1):
            cost = sum(-math.log(SIL_PROB if is_silent else 1 - SIL_PROB) for is_silent in silent) - sum(
                entry.log_prob for entry in entries
            )
            phones = [SIL] * silent[0]
            for entry, is_silent in zip(entries, silent[1:], strict=True):
                phones += [*entry.phones, *[SIL] * is_silent]
            found[straight_tids(phones, transitions, tree)] = cost
    return found


def straight_tids(phones, transitions, tree) -> tuple[int, ...]:
    tids = []
    for phone, window in zip(phones, windows_of(np.array(phones), tree.context_width, tree.central_position), strict=True):
        for number, state in enumerate(transitions.topology.entry(phone)[:-1]):
            pdf = tree.pdf_ids(window[None], np.array([state.pdf_class]))
            row = transitions.find_states(np.array([phone]), np.array([number]), pdf)[0]
            targets = [target for target, _ in state.transitions]
            tids.append(int(transitions.first_tid[row]) + targets.index(number + 1))
    return tuple(tids)


def paths_of_graph(graphs, utterance, transitions) -> dict:
    """The same of a packed graph: all ways from a start to an end that go on by one HMM state at a time."""
    base, end = graphs.state_offsets[utterance : utterance + 2]
    arcs = {}
    for state in range(end - base):
        row = base + state
        if graphs.chain_tid[row]:
            arcs.setdefault(state - 1, []).append((state, graphs.chain_tid[row], graphs.chain_cost[row]))
        for arc in range(graphs.extra_offsets[row], graphs.extra_offsets[row + 1]):
            arcs.setdefault(int(graphs.extra_source[arc]), []).append((state, graphs.extra_tid[arc], graphs.extra_cost[arc]))
    found = {}

    def walk(state, tids, cost):
        if (tid := int(graphs.final_tid[base + state])) and straight(tid):
            key = (*tids, tid)
            assert key not in found, "two paths are the same"
            found[key] = cost + graphs.final_cost[base + state]
        for target, tid, more in arcs.get(state, []):
            if straight(int(tid)):
                walk(target, (*tids, int(tid)), cost + more)

    def straight(tid):
        return transitions.tid_to_next_hmm_state[tid] == transitions.tid_to_hmm_state[tid] + 1

    for state in np.flatnonzero(np.isfinite(graphs.start_cost[base:end])).tolist():
        walk(state, (), graphs.start_cost[base + state])
    return found


@pytest.mark.parametrize("is_mono", [True, False], ids=["monophones", "triphones"])
def test_the_paths_are_those_of_lexicon_tree_and_topology(is_mono, triphone_tree, topology):
    tree = monophone_tree([[phone] for phone in topology.phones], topology) if is_mono else triphone_tree
    transitions = TransitionModel.from_tree(tree, topology)
    words = [*transcripts(np.random.default_rng(0), 6, most_words=3), np.array([3]), np.array([3, 4, 3])]
    graphs = GraphBuilder(lexicon(SIL_PROB), tree, transitions).build(words)
    for utterance, transcript in enumerate(words):
        expected, found = paths_by_hand(transcript, transitions, tree), paths_of_graph(graphs, utterance, transitions)
        assert found.keys() == expected.keys()
        np.testing.assert_allclose([found[key] for key in expected], list(expected.values()), rtol=1e-5)


def test_every_transition_of_the_topology_is_in_the_graph_with_its_self_loops(triphone_tree, topology):
    transitions = TransitionModel.from_tree(triphone_tree, topology)
    graphs = GraphBuilder(lexicon(), triphone_tree, transitions).build([np.array([3, 1])])
    rows = transitions.tid_to_state[graphs.self_loop_tid]
    np.testing.assert_array_equal(graphs.pdf, transitions.forward_pdfs[rows])
    tids = np.concatenate([graphs.self_loop_tid, graphs.chain_tid, graphs.extra_tid, graphs.final_tid])
    every = np.flatnonzero(np.isin(transitions.tid_to_state, rows))
    np.testing.assert_array_equal(np.unique(tids[tids > 0]), every)


def test_a_graph_does_not_depend_on_what_is_built_with_it(triphone_tree, topology):
    transitions = TransitionModel.from_tree(triphone_tree, topology)
    words = transcripts(np.random.default_rng(1), 5)
    together = GraphBuilder(lexicon(), triphone_tree, transitions).build(words)
    alone = [GraphBuilder(lexicon(), triphone_tree, transitions).build([transcript]) for transcript in words]
    for name in together._fields:
        if not name.endswith("offsets"):
            np.testing.assert_array_equal(getattr(together, name), np.concatenate([getattr(graph, name) for graph in alone]), name)


def test_without_silence_there_is_none_and_the_shortest_path_is_counted(triphone_tree, topology):
    transitions = TransitionModel.from_tree(triphone_tree, topology)
    graphs = GraphBuilder(lexicon(0.0), triphone_tree, transitions).build([np.array([1, 4])])
    assert SIL not in transitions.tid_to_phone[graphs.self_loop_tid]
    assert shortest_path(graphs, 0) == sum(topology.min_num_frames(phone) for phone in (2, 3, 9))
    with_silence = GraphBuilder(lexicon(), triphone_tree, transitions).build([np.array([4]), np.array([1, 4])])
    assert shortest_path(with_silence, 1) == shortest_path(graphs, 0)


def test_more_pronunciations_than_there_is_room_for_are_refused(topology):
    tree = monophone_tree([[phone] for phone in topology.phones], topology)
    many = [WordPhones(1, 0.0, phones) for phones in itertools.islice(itertools.product(range(2, 10), repeat=3), 300)]
    builder = GraphBuilder(pronunciation_table(many, SIL, 0.5), tree, TransitionModel.from_tree(tree, topology))
    with pytest.raises(CortadoError, match="pronunciations meet at a word"):
        builder.build([np.array([1, 1])])


def test_a_tree_of_five_phones_is_refused(topology, triphone_tree, transitions):
    with pytest.raises(CortadoError, match="not of 5 phones around number 2"):
        GraphBuilder(lexicon(), Tree(5, 2, triphone_tree.root), transitions)
