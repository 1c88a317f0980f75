"""Determinisation against all paths: each word sequence once, with the costs and the alignment of its best path."""

import numpy as np
import pytest
from worlds import best_by_words, decode, path_costs, paths_of, random_graph, random_lattice, random_scores, random_tid_to_pdf

from cortado.decode.determinize import determinize


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("beam", [0.5, 4.0])
def test_each_word_sequence_within_the_beam_is_there_once_as_its_best_path(seed, beam):
    lattice = random_lattice(seed)
    best = best_by_words(lattice, 0.5)
    least = min(cost for cost, *_ in best.values())
    found = paths_of(determinize(lattice, beam, 0.5))
    assert len({words for words, *_ in found}) == len(found)
    within = {words for words, (cost, *_) in best.items() if cost < least + beam}
    assert within <= {words for words, *_ in found} <= best.keys()
    costs = path_costs(lattice, 0.5)
    for words, tids, graph_cost, acoustic_cost in found:
        cost = graph_cost + 0.5 * acoustic_cost
        assert cost > best[words][0] - 0.01
        if words in within:  # what lies beyond the beam may have lost its best path
            assert costs[words, tids] == pytest.approx(best[words][0])  # there may be several best
            assert cost == pytest.approx(best[words][0], abs=0.01)


@pytest.mark.parametrize("seed", range(4))
def test_no_state_has_two_arcs_with_a_word_and_only_the_end_is_reached_without(seed):
    lattice = determinize(random_lattice(seed), 4.0, 0.5)
    arcs = list(zip(lattice.source.tolist(), lattice.word.tolist(), strict=True))
    assert len(set(arcs)) == len(arcs)
    assert (lattice.target[lattice.word == 0] == lattice.num_states - 1).all()


def test_every_alignment_is_as_long_as_the_utterance():
    lattice = determinize(random_lattice(5, num_frames=11), 4.0, 0.5)
    assert lattice.times[-1] == 11  # which also checks that no two ways to a state differ


def test_a_long_lattice_keeps_its_best_path():
    scores = random_scores(8, 120)
    raw = decode(random_graph(8, 500), random_tid_to_pdf(8), scores, beam=8, lattice_beam=4, acoustic_scale=0.5).lattice
    one, other = raw.best_path(0.5), determinize(raw, 4.0, 0.5).best_path(0.5)
    assert one.words == other.words
    np.testing.assert_array_equal(one.alignment, other.alignment)
    assert (one.graph_cost, one.acoustic_cost) == pytest.approx((other.graph_cost, other.acoustic_cost), abs=0.01)


def test_a_lattice_that_would_be_too_large_is_one_of_a_narrower_beam():
    raw = random_lattice(3, num_frames=20, lattice_beam=6.0)
    whole, part = determinize(raw, 6.0, 0.5), determinize(raw, 6.0, 0.5, max_arcs=40)
    assert part.num_arcs <= 40 < whole.num_arcs
    assert part.best_path(0.5).words == whole.best_path(0.5).words
