"""Minimisation: as small as kaldifst's, and the same paths."""

import math

import kaldifst
import numpy as np
import pytest
from toy_recogniser import cheapest_path

from cortado.graph.exchange import from_kaldifst, to_kaldifst
from cortado.graph.fst import Fst
from cortado.graph.minimize import DELTA, minimize


def random_acceptor(seed: int, num_states: int = 400) -> Fst:
    """Deterministic, every state can be reached and can end, with few labels and weights, so that many states are alike."""
    rng = np.random.default_rng(seed)
    source = np.repeat(np.arange(num_states), 2)
    label = np.tile([1, 2], num_states)
    nextstate = np.minimum(2 * source + label, num_states - 1)
    back = rng.random(2 * num_states) < 0.2
    nextstate[back] = rng.integers(0, num_states, back.sum())
    weight = rng.integers(0, 2, 2 * num_states) / 2
    final = np.where(np.arange(num_states) % 3 == 0, 0.5, 0)
    return Fst.from_arcs(num_states, 0, source, label, label, weight, nextstate, final)


@pytest.mark.parametrize("seed", range(4))
def test_it_finds_as_few_states_as_kaldis_algorithm_and_keeps_every_cost(seed):
    fst = random_acceptor(seed)
    theirs = to_kaldifst(fst)
    kaldifst.connect(theirs)
    reachable = from_kaldifst(theirs)
    kaldifst.minimize_encoded(theirs)
    ours = minimize(reachable)
    assert (ours.num_states, ours.num_arcs) == (theirs.num_states, from_kaldifst(theirs).num_arcs)
    assert ours.num_states < reachable.num_states
    rng = np.random.default_rng(seed)
    for _ in range(20):
        labels = rng.integers(1, 3, 12).tolist()
        assert cheapest_path(ours, labels, labels) == cheapest_path(fst, labels, labels) < math.inf


def test_a_chain_of_equal_ends_becomes_one_chain():
    chains = Fst.from_arcs(7, 0, [0, 0, 1, 2, 3, 4], [1, 2, 3, 3, 4, 4], [0] * 6, [0.5] * 6, [1, 2, 3, 4, 5, 6], [np.inf] * 5 + [1.0, 1.0])
    smallest = minimize(chains)
    assert (smallest.num_states, smallest.num_arcs) == (4, 4)


def test_weights_are_rounded_as_in_kaldi_so_that_rounding_errors_keep_no_states_apart():
    almost = Fst.from_arcs(3, 0, [0, 0], [1, 2], [0, 0], [0.1, 0.2], [1, 2], [np.inf, 0.5, 0.5 + DELTA / 4])
    smallest = minimize(almost)
    assert smallest.num_states == 2
    np.testing.assert_allclose(smallest.weight, [0.1, 0.2], atol=DELTA / 2)


def test_states_that_differ_far_ahead_stay_apart():
    length = 60
    chain = np.arange(1, length)
    source = np.concatenate([[0, 0], chain, chain + length])
    label = np.concatenate([[1, 2], np.full(2 * (length - 1), 3)])
    final = np.full(2 * length + 1, np.inf)
    final[length], final[2 * length] = 0.0, 1.0
    target = np.concatenate([[1, length + 1], chain + 1, chain + length + 1])
    twice = Fst.from_arcs(2 * length + 1, 0, source, label, label, np.zeros(len(source)), target, final)
    assert minimize(twice).num_states == 2 * length + 1
