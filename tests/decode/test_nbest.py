"""N-best lists and the oracle against walking all paths, on state-level and on determinised lattices."""

import kaldialign
import numpy as np
import pytest
from worlds import NUM_WORDS, best_by_words, paths_of, random_lattice

from cortado.decode.determinize import determinize
from cortado.decode.nbest import nbest
from cortado.decode.oracle import oracle


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("num_best", [1, 4, 1000])
@pytest.mark.parametrize(("acoustic_scale", "word_penalty"), [(0.5, 0.0), (0.1, 1.5)])
def test_the_list_has_the_best_word_sequences_in_order_each_once_with_its_best_path(seed, num_best, acoustic_scale, word_penalty):
    lattice = random_lattice(seed)
    best = best_by_words(lattice, acoustic_scale, word_penalty)
    paths = {path[:2] for path in paths_of(lattice)}
    found = nbest(lattice, num_best, acoustic_scale, word_penalty)
    assert len({path.words for path in found}) == len(found) == min(num_best, len(best))
    costs = [path.graph_cost + acoustic_scale * path.acoustic_cost + word_penalty * len(path.words) for path in found]
    assert costs == pytest.approx(sorted(cost for cost, *_ in best.values())[:num_best])
    assert costs == pytest.approx([best[path.words][0] for path in found])
    assert all((path.words, tuple(path.alignment.tolist())) in paths for path in found)


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("is_determinised", [False, True])
def test_the_oracle_is_the_nearest_of_all_word_sequences(seed, is_determinised):
    lattice = random_lattice(seed)
    if is_determinised:
        lattice = determinize(lattice, 4.0, 0.5)
    sequences = list(best_by_words(lattice, 0.5))
    rng = np.random.default_rng(seed)
    for length in (0, 1, 3, 7):
        reference = rng.integers(1, NUM_WORDS + 1, length).tolist()
        distance, words = oracle(lattice, reference)
        distances = [kaldialign.edit_distance(reference, sequence)["total"] for sequence in sequences]
        assert distance == min(distances)
        assert words in sequences
        assert kaldialign.edit_distance(reference, words)["total"] == distance


def test_a_path_of_the_lattice_is_its_own_oracle():
    lattice = random_lattice(2)
    for words in best_by_words(lattice, 0.5):
        assert oracle(lattice, words) == (0, words)
