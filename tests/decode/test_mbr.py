"""Confusion networks and minimum Bayes risk decoding against sums over all paths."""

import kaldialign
import numpy as np
import pytest
from worlds import NUM_WORDS, path_costs, random_lattice

from cortado.decode.determinize import determinize
from cortado.decode.lattice import Lattice
from cortado.decode.mbr import confusion_network, mbr_decode

SCALE = 0.5


def probabilities(lattice: Lattice) -> dict[tuple, float]:
    """Words -> posterior, over determinised lattices: one path each."""
    costs = {words: cost for (words, _), cost in path_costs(lattice, SCALE).items()}
    weights = np.exp(-np.array(list(costs.values())))
    return dict(zip(costs, weights / weights.sum(), strict=True))


def expected_errors(posteriors: dict[tuple, float], words) -> float:
    return sum(p * kaldialign.edit_distance(other, words)["total"] for other, p in posteriors.items())


def random_list(seed: int, num_paths: int = 12) -> Lattice:
    """Word sequences side by side, which meet at the end alone: there the recursion is exact."""
    rng = np.random.default_rng(seed)
    base = rng.integers(1, NUM_WORDS + 1, 6)
    arcs, num_states = [], 1
    for words in {tuple(edited(base, rng)) for _ in range(num_paths)}:
        states = [0, *range(num_states, num_states + len(words))]
        num_states += len(words)
        arcs += [(states[i], states[i + 1], word, rng.exponential(0.5)) for i, word in enumerate(words)]
        arcs.append((states[-1], -1, 0, 0.0))
    source, target, word, cost = zip(*arcs, strict=True)
    target = [num_states if state < 0 else state for state in target]
    return Lattice.from_arcs(num_states + 1, source, target, word, cost, np.zeros(len(arcs)), np.zeros(len(arcs), int), [])


def edited(base: np.ndarray, rng: np.random.Generator) -> list[int]:
    words = []
    for word in base.tolist():
        kind = rng.random()
        words += [] if kind < 0.15 else [int(rng.integers(1, NUM_WORDS + 1))] if kind < 0.35 else [word]
    return words or [1]


@pytest.mark.parametrize("seed", range(10))
def test_expected_errors_are_those_of_all_paths(seed):
    lattice = random_list(seed)
    posteriors = probabilities(lattice)
    for words in [*list(posteriors)[:4], (), (NUM_WORDS + 5, 1)]:
        network = confusion_network(lattice, words, SCALE)
        assert network.words == words
        assert network.expected_errors == pytest.approx(expected_errors(posteriors, words), abs=2e-3)


@pytest.mark.parametrize("seed", range(10))
def test_the_chosen_words_have_no_more_expected_errors_than_any_path(seed):
    lattice = random_list(seed)
    posteriors = probabilities(lattice)
    found = mbr_decode(lattice, SCALE)
    best_path = expected_errors(posteriors, lattice.best_path(SCALE).words)
    assert expected_errors(posteriors, found.words) == pytest.approx(found.expected_errors, abs=2e-3)
    assert found.expected_errors <= best_path + 1e-3


def test_a_word_that_most_paths_have_wins_over_the_best_path():
    """Four equal paths: 'a b' a little ahead, but x in place of a on the other three."""
    rows = [(1, 2), (3, 4), (3, 5), (3, 6)]
    arcs = [(0, 1 + i, first, 0.0 if i == 0 else 0.1) for i, (first, _) in enumerate(rows)]
    arcs += [(1 + i, 5, second, 0.0) for i, (_, second) in enumerate(rows)]
    source, target, word, cost = zip(*arcs, strict=True)
    lattice = Lattice.from_arcs(6, source, target, word, cost, np.zeros(8), np.ones(8, int), np.ones(8, int))
    assert lattice.best_path(1.0).words == (1, 2)
    assert mbr_decode(lattice, 1.0).words[0] == 3


@pytest.mark.parametrize("seed", range(6))
def test_posteriors_of_a_place_add_up_to_one_and_times_are_within_the_utterance(seed):
    lattice = determinize(random_lattice(seed, num_frames=20), 4.0, SCALE)
    network = mbr_decode(lattice, SCALE)
    for candidates in network.bins:
        assert sum(candidate.posterior for candidate in candidates) == pytest.approx(1.0)
        assert [c.posterior for c in candidates] == sorted((c.posterior for c in candidates), reverse=True)
        assert all(0 <= c.begin <= c.end <= 20 + 1e-9 for c in candidates)
    begins = [candidate.begin for candidate in network.best()]
    assert begins == sorted(begins)


def test_a_lattice_of_one_path_is_certain():
    lattice = Lattice.from_arcs(4, [0, 1, 2], [1, 2, 3], [5, 6, 0], [1.0, 2.0, 0.0], np.zeros(3), [3, 4, 2], np.ones(9, int))
    network = mbr_decode(lattice, SCALE)
    assert [(c.word, c.begin, c.end) for c in network.best()] == [(5, 0.0, 3.0), (6, 3.0, 7.0)]
    assert [c.posterior for c in network.best()] == pytest.approx([1.0, 1.0])
    assert network.expected_errors == pytest.approx(0.0, abs=1e-3)
