"""Optimal k-means: the cost is that of the best of all clusterings, by brute force and by ckmeans, whose BIC is another check."""

from itertools import combinations, pairwise

import numpy as np
import pytest

from cortado.motifs.kmeans import Histogram, TooManyClusters, bic, histogram, kmeans, kmeans_by_bic


def squared_error(values: np.ndarray) -> float:
    return float(np.sum((values - values.mean()) ** 2))


def least_cost(points: Histogram, k: int) -> float:
    """Of all ways to cut the values into k intervals."""
    end = len(points.cells)
    costs = {(i, j): squared_error(np.repeat(points.values[i:j], points.counts[i:j])) for i, j in combinations(range(end + 1), 2)}
    return min(sum(costs[span] for span in pairwise((0, *cuts, end))) for cuts in combinations(range(1, end), k - 1))


def sung_pitches(rng: np.random.Generator, num_frames: int) -> np.ndarray:
    """Cents of notes of a scale, with intonation, vibrato and jitter."""
    notes = rng.choice([0, 200, 300, 500, 700, 800, 1000, 1200], num_frames // 50) + rng.normal(2000, 10, num_frames // 50)
    vibrato = 40 * np.sin(np.arange(len(notes) * 50) * 0.2)
    return np.repeat(notes, 50) + vibrato + rng.normal(0, 5, len(vibrato))


def test_no_other_clustering_costs_less():
    rng = np.random.default_rng(0)
    for _ in range(80):
        cells = np.sort(rng.choice(60, rng.integers(1, 10), replace=False)) - rng.integers(100_000)
        points = Histogram(cells, rng.integers(1, 20, len(cells)), 0.1)
        for k in range(1, len(cells) + 1):
            found = kmeans(points, k)
            assert found.cost == pytest.approx(least_cost(points, k), abs=1e-9)
            parts = [np.repeat(points.values[i:j], points.counts[i:j]) for i, j in zip(found.bounds[:-1], found.bounds[1:], strict=True)]
            assert sum(map(squared_error, parts)) == pytest.approx(found.cost, abs=1e-9)
            np.testing.assert_allclose(found.centres, [part.mean() for part in parts])


@pytest.mark.parametrize("k", [2, 3, 7, 24, 60])
def test_clusters_of_sung_pitches_are_those_of_ckmeans(k):
    pitches = np.round(sung_pitches(np.random.default_rng(k), 20_000), 1)
    theirs = pytest.importorskip("ckmeans").ckmeans(pitches, k)  # not made for Python 3.10
    points = histogram([pitches], 0.1)
    ours = kmeans(points, k)
    assert ours.cost == pytest.approx(sum(map(squared_error, theirs)), rel=1e-12)
    np.testing.assert_allclose(ours.centres, [cluster.mean() for cluster in theirs], rtol=1e-12)
    assert np.add.reduceat(points.counts, ours.bounds[:-1]).tolist() == list(map(len, theirs))


def test_a_histogram_of_parts_is_that_of_the_whole_on_the_grid():
    values = np.random.default_rng(0).normal(0, 3, 1000)
    whole, parts = histogram([values], 0.5), histogram([values[:10], values[:0], values[10:]], 0.5)
    for one, other in zip(whole, parts, strict=True):
        np.testing.assert_array_equal(one, other)
    np.testing.assert_array_equal(np.repeat(whole.values, whole.counts), np.sort(np.rint(values / 0.5) * 0.5))
    assert len(histogram([], 0.5).cells) == 0


def test_bic_of_clusters_apart_is_that_of_ckmeans_and_finds_their_number():
    """Far apart, densities that a value belongs to alone are those of a mixture, whose BIC (with the other sign) ckmeans tells."""
    rng = np.random.default_rng(0)
    pitches = np.round(np.concatenate([rng.normal(centre, 4, 80) for centre in (0, 100, 210, 300, 480)]), 1)
    points = histogram([pitches], 0.1)
    theirs = pytest.importorskip("ckmeans").ckmeans_optimal(pitches, 2, 12)
    found = kmeans_by_bic(points, 2, 12)
    assert len(found.centres) == theirs.k == 5
    np.testing.assert_allclose(found.centres, theirs.centers)
    assert bic(points, found) == pytest.approx(-theirs.bic[3], rel=1e-9)


def test_bic_of_a_level_that_is_held_without_any_deviation_reaches_half_way_to_its_neighbours():
    points = Histogram(np.array([0, 1, 10, 20]), np.array([3, 2, 7, 4]), 1.0)
    pair = np.array([0, 0, 0, 1, 1])
    variance = pair.var(ddof=1)
    normal = 5 * (np.log(5 / 16) - 0.5 * np.log(2 * np.pi * variance)) - 2
    held = -7 * np.log(9.5 * 16) - 4 * np.log(5 * 16)
    assert bic(points, kmeans(points, 3)) == pytest.approx(2 * (normal + held) - 8 * np.log(16))


def test_more_clusters_than_distinct_values_are_refused_with_both_numbers():
    points = histogram([np.array([1.0, 1.0, 2.0])], 0.1)
    assert kmeans(points, 2).cost == 0
    for refused in (lambda: kmeans(points, 3), lambda: kmeans_by_bic(points, 2, 3), lambda: kmeans(histogram([], 0.1), 1)):
        with pytest.raises(TooManyClusters, match=r"clusters were asked for, there are [02] distinct values"):
            refused()
