"""Optimal k-means in one dimension: of all clusterings the one with the least squared error, by dynamic programming.

In one dimension clusters are intervals, so the least cost of q clusters over the first j values is the least, over i, of that of q - 1
clusters over the first i values and one cluster of the rest (Wang and Song 2011, "Ckmeans.1d.dp: optimal k-means clustering in one
dimension by dynamic programming"). The best i never moves left as j grows, so each j only looks between the best i of its neighbours:
k n log n steps instead of k n^2. Here the n values are the cells of a histogram, of which a million frames of f0 fill some 20,000.
"""

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
from numba import njit

from cortado.errors import CortadoError


class TooManyClusters(CortadoError):
    """More clusters were asked for than there are distinct values."""


class Histogram(NamedTuple):
    """How often each multiple of `grid` occurs among values rounded to it; multiples that do not occur are left out."""

    cells: np.ndarray  # (num_cells,) int64, ascending: values divided by `grid`
    counts: np.ndarray  # (num_cells,) int64, 1 or more
    grid: float

    @property
    def values(self) -> np.ndarray:
        """(num_cells,) float64, ascending."""
        return self.cells * self.grid

    @property
    def middle(self) -> int:
        """One of the cells in their midst, about which moments are taken."""
        return int(self.cells[len(self.cells) // 2])


class Clusters(NamedTuple):
    """Clusters of a histogram, from the lowest to the highest."""

    centres: np.ndarray  # (k,) float64: their means
    bounds: np.ndarray  # (k + 1,) int64: cluster c has the cells bounds[c] to bounds[c + 1], exclusive
    cost: float  # sum of the squared differences between values and the centres of their clusters


def histogram(parts: Iterable[np.ndarray], grid: float) -> Histogram:
    """Count the finite values of arrays of any size, rounded to multiples of `grid`."""
    counted = [np.unique(np.rint(part / grid).astype(np.int64), return_counts=True) for part in parts]
    if not counted:
        return Histogram(np.zeros(0, np.int64), np.zeros(0, np.int64), grid)
    cells, inverse = np.unique(np.concatenate([cells for cells, _ in counted]), return_inverse=True)
    counts = np.zeros(len(cells), np.int64)
    np.add.at(counts, inverse, np.concatenate([own for _, own in counted]))
    return Histogram(cells, counts, grid)


def kmeans(points: Histogram, k: int) -> Clusters:
    """The k clusters of least cost. Raises TooManyClusters unless k is from 1 to the number of distinct values."""
    sums = _prefix_sums(points)
    return _clusters(points, sums, _bounds(_solve(points, sums, k), k))


def kmeans_by_bic(points: Histogram, fewest: int, most: int) -> Clusters:
    """The clusters of least cost for that k from `fewest` to `most` whose `bic` is highest. Raises TooManyClusters as kmeans does."""
    sums = _prefix_sums(points)
    starts = _solve(points, sums, most)
    candidates = (_clusters(points, sums, _bounds(starts, k)) for k in range(fewest, most + 1))
    return max(candidates, key=lambda clusters: bic(points, clusters))


def bic(points: Histogram, clusters: Clusters) -> float:
    """Bayesian information criterion of clusters as normal densities, each value belonging to one of them alone; higher is better.

    2 log L - (3 k - 1) log n with log L the sum over clusters of n_c (log(n_c / n) - log(2 pi s_c^2) / 2) - (n_c - 1) / 2, where n_c
    of the n values are in cluster c and s_c^2 is their unbiased variance (Wang and Song 2011). For a cluster of one distinct value it is
    n_c log(1 / (w n)) instead, w reaching half-way to the values beside it. There must be at least two distinct values.
    """
    n, log_likelihood = points.counts.sum(), 0.0
    for first, last, centre in zip(clusters.bounds[:-1], clusters.bounds[1:], clusters.centres, strict=True):
        values, counts = points.values[first:last], points.counts[first:last]
        size = counts.sum()
        if len(values) == 1:
            log_likelihood -= size * np.log(_width(points.values, first) * n)
        else:
            variance = np.sum(counts * (values - centre) ** 2) / (size - 1)
            log_likelihood += size * (np.log(size / n) - 0.5 * np.log(2 * np.pi * variance)) - 0.5 * (size - 1)
    return float(2 * log_likelihood - (3 * len(clusters.centres) - 1) * np.log(n))


def _width(values: np.ndarray, index: int) -> float:
    """From half-way to the value below to half-way to the value above; at either end from the value itself."""
    return (values[min(index + 1, len(values) - 1)] - values[max(index - 1, 0)]) / 2


def _prefix_sums(points: Histogram) -> np.ndarray:
    """(3, num_cells + 1) float64: of the counts, and of their first and second moments in units of the grid about the middle.

    All are whole numbers, and exact up to 2^53: differences of them lose nothing.
    """
    if not len(points.cells):
        return np.zeros((3, 1))
    places = (points.cells - points.middle).astype(np.float64)
    moments = points.counts * np.stack([np.ones_like(places), places, places**2])
    return np.pad(np.cumsum(moments, axis=1), ((0, 0), (1, 0)))


def _solve(points: Histogram, sums: np.ndarray, k: int) -> np.ndarray:
    """_best_starts, for a k that there can be. Raises TooManyClusters for another."""
    if not 1 <= k <= len(points.cells):
        raise TooManyClusters(f"{k} clusters were asked for, there are {len(points.cells)} distinct values")
    return _best_starts(sums, k)


def _bounds(starts: np.ndarray, k: int) -> np.ndarray:
    """Clusters.bounds of the best k clusters, followed from the last one back to the first."""
    bounds = np.full(k + 1, starts.shape[1] - 1, np.int64)
    for q in range(k, 0, -1):
        bounds[q - 1] = starts[q, bounds[q]]
    return bounds


def _clusters(points: Histogram, sums: np.ndarray, bounds: np.ndarray) -> Clusters:
    count, first, second = np.diff(sums[:, bounds], axis=1)
    cost = np.sum(second - first**2 / count) * points.grid**2
    return Clusters((first / count + points.middle) * points.grid, bounds, float(max(cost, 0.0)))


@njit(cache=True, nogil=True)
def _best_starts(sums, k):
    """(k + 1, num_cells + 1) int32: [q, j] is where the last of the q best clusters of the first j cells begins, for 1 <= q <= j."""
    num_cells = sums.shape[1] - 1
    starts = np.zeros((k + 1, num_cells + 1), np.int32)
    costs = np.full(num_cells + 1, np.inf)
    costs[0] = 0.0
    for q in range(1, k + 1):
        costs = _add_cluster(sums, q, costs, starts[q])
    return starts


@njit(cache=True, nogil=True)
def _add_cluster(sums, q, costs, starts):
    """Costs of the best q clusters of the first j cells, for every j, from those of q - 1 clusters; fills `starts`.

    Every 2^n-th j first, then those between, whose starts lie between the starts of the two j on either side.
    """
    num_cells = len(costs) - 1
    new_costs = np.full(num_cells + 1, np.inf)
    stride = 1
    while 2 * stride <= num_cells:
        stride *= 2
    while stride:
        for j in range(stride, num_cells + 1, 2 * stride):
            if j >= q:
                first = max(starts[j - stride], q - 1)
                last = min(starts[j + stride], j - 1) if j + stride <= num_cells else j - 1
                starts[j], new_costs[j] = _best_start(sums, costs, first, last, j)
        stride //= 2
    return new_costs


@njit(cache=True, nogil=True)
def _best_start(sums, costs, first, last, j):
    """The i from `first` to `last` for which costs[i] and one cluster of the cells [i, j) cost least together, and that cost."""
    best, least = first, np.inf
    for i in range(first, last + 1):
        moment = sums[1, j] - sums[1, i]
        cost = costs[i] + (sums[2, j] - sums[2, i]) - moment * moment / (sums[0, j] - sums[0, i])
        if cost < least:
            best, least = i, cost
    return best, least
