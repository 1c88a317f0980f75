"""Lattices made of arcs, their best paths at any weights, times and pruning, against walking all their paths."""

import numpy as np
import pytest
from worlds import path_costs, paths_of, random_lattice

from cortado.decode.lattice import Lattice
from cortado.errors import CortadoError

GRID = [(1.0, 0.0), (0.5, 0.0), (0.1, 2.0), (0.0, 0.0), (2.0, -1.5)]


def lattice_of(num_states, *arcs) -> Lattice:
    """arcs: (source, target, word, graph cost, transition ids)."""
    source, target, word, graph_cost, spans = zip(*arcs, strict=True)
    tids = [tid for span in spans for tid in span]
    return Lattice.from_arcs(num_states, source, target, word, graph_cost, np.zeros(len(arcs)), list(map(len, spans)), tids)


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize(("acoustic_scale", "word_penalty"), GRID)
def test_the_best_path_is_the_best_of_all_paths(seed, acoustic_scale, word_penalty):
    lattice = random_lattice(seed)
    costs = path_costs(lattice, acoustic_scale, word_penalty)
    path = lattice.best_path(acoustic_scale, word_penalty)
    assert costs[path.words, tuple(path.alignment.tolist())] == pytest.approx(min(costs.values()))
    cost = path.graph_cost + acoustic_scale * path.acoustic_cost + word_penalty * len(path.words)
    assert cost == pytest.approx(min(costs.values()))


@pytest.mark.parametrize("seed", range(6))
def test_pruning_keeps_the_arcs_of_paths_within_the_beam_and_no_others(seed):
    lattice = random_lattice(seed)
    costs = path_costs(lattice, 0.5)
    within = {path for path, cost in costs.items() if cost <= min(costs.values()) + 1.5}
    pruned = lattice.prune(1.5, 0.5)
    assert within <= path_costs(pruned, 0.5).keys() <= costs.keys()
    for arc in range(pruned.num_arcs):  # without any of its arcs, one of these paths is lost
        kept = np.arange(pruned.num_arcs) != arc
        try:
            assert len(paths_of(pruned.select(kept))) < len(paths_of(pruned))
            assert not within <= path_costs(pruned.select(kept), 0.5).keys() or len(within) < len(paths_of(pruned))
        except CortadoError:  # no path is left at all
            continue


def test_states_are_numbered_so_that_arcs_lead_on_and_the_useless_are_left_out():
    arcs = [
        (0, 3, 1, 0.5, (7, 7)),
        (3, 1, 2, 0.25, (8,)),
        (1, 5, 0, 0.0, ()),
        (3, 4, 9, 0.0, (1,)),
        (2, 1, 9, 0.0, (1,)),
        (0, 1, 3, 2.0, (9, 9, 9)),
    ]
    lattice = lattice_of(6, *arcs)
    assert lattice.num_states == 4
    assert (lattice.source < lattice.target).all()
    assert (np.diff(lattice.source) >= 0).all()
    assert lattice.times.tolist() == [0, 2, 3, 3]
    assert sorted(paths_of(lattice)) == [((1, 2), (7, 7, 8), 0.75, 0.0), ((3,), (9, 9, 9), 2.0, 0.0)]


def test_a_cycle_is_refused():
    with pytest.raises(CortadoError, match="cycle"):
        lattice_of(3, (0, 1, 1, 0.0, ()), (1, 0, 1, 0.0, ()), (1, 2, 1, 0.0, ()))


def test_arcs_without_any_path_are_refused():
    with pytest.raises(CortadoError, match="no complete path"):
        lattice_of(4, (0, 1, 1, 0.0, ()), (2, 3, 1, 0.0, ()))


def test_times_that_contradict_one_another_are_refused():
    with pytest.raises(CortadoError, match="different numbers of frames"):
        _ = lattice_of(3, (0, 1, 1, 0.0, (1,)), (0, 2, 1, 0.0, (1,)), (1, 2, 1, 0.0, (1,))).times
