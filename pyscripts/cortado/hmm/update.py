"""From statistics to the next mixtures: maximum likelihood with Kaldi's safeguards, and splitting the heaviest Gaussians.

After kaldi/src/gmm/mle-diag-gmm.cc (MleDiagGmmUpdate) and model-common.cc (GetSplitTargets).
"""

import heapq
from typing import NamedTuple

import numpy as np

from cortado.hmm.gmm import DiagGmms

MIN_COUNT_FOR_SPLIT = 20.0  # frames of a pdf for each of its Gaussians
PERTURBATION = 0.01  # standard deviations by which the halves of a Gaussian are moved apart


class Update(NamedTuple):
    """The new mixtures, how many Gaussians were removed, and how many variances raised to the floor."""

    gmms: DiagGmms
    num_removed: int
    num_floored: int


def maximise(gmms: DiagGmms, sums: np.ndarray, variance_floor: np.ndarray, min_count: float = 10.0, min_weight: float = 1e-5) -> Update:
    """The mixtures that fit `sums` (G, 1 + 2 D), of Statistics, best.

    A Gaussian with at most min_count frames or min_weight of its pdf's is removed, but not the last one of a pdf: that
    stays as it was. variance_floor: (D,).
    """
    dim, counts = gmms.dim, sums[:, 0]
    of_pdf = np.add.reduceat(counts, gmms.offsets[:-1])[gmms.gauss_to_pdf]
    weights = np.where(of_pdf > 0, counts / np.maximum(of_pdf, 1e-30), gmms.weights)
    is_fit = (counts > min_count) & (weights > min_weight)
    divisor = np.where(is_fit, counts, 1)[:, None]
    means = np.where(is_fit[:, None], sums[:, 1 : 1 + dim] / divisor, gmms.means)
    variances = np.where(is_fit[:, None], sums[:, 1 + dim :] / divisor - means**2, gmms.variances)
    num_floored = int((variances < variance_floor).sum())
    kept = is_fit | _heaviest_of_unfit(gmms, counts, is_fit)
    return Update(_select(gmms, kept, weights, means, np.maximum(variances, variance_floor)), int((~kept).sum()), num_floored)


def variance_of_all(sums: np.ndarray) -> np.ndarray:
    """(D,): the variance of all frames in `sums` (G, 1 + 2 D), of Statistics."""
    count, *moments = sums.sum(0)
    mean, square = np.split(np.array(moments) / count, 2)
    return square - mean**2


def split_targets(counts: np.ndarray, num_gauss: np.ndarray, target: int, power: float) -> np.ndarray:
    """How many Gaussians each pdf gets when all have `target`: in proportion to its frames to the `power`, never fewer than it has.

    counts: (num_pdfs,) frames; num_gauss: (num_pdfs,) int. The total may stay below the target when frames are too few.
    """
    wanted, total = num_gauss.copy(), int(num_gauss.sum())
    queue = [(-(count**power) / size, pdf) for pdf, (count, size) in enumerate(zip(counts.tolist(), wanted.tolist(), strict=True))]
    heapq.heapify(queue)
    while total < target and queue:
        _, pdf = heapq.heappop(queue)
        if (wanted[pdf] + 1) * MIN_COUNT_FOR_SPLIT >= counts[pdf]:
            continue
        wanted[pdf] += 1
        total += 1
        heapq.heappush(queue, (-(counts[pdf] ** power) / wanted[pdf], pdf))
    return wanted


def mix_up(gmms: DiagGmms, counts: np.ndarray, target: int, power: float, rng: np.random.Generator) -> DiagGmms:
    """Split Gaussians until there are `target` of them, always the heaviest of a pdf. counts: (num_pdfs,) frames."""
    if target <= gmms.num_gauss:
        return gmms
    wanted = split_targets(counts, np.diff(gmms.offsets), target, power)
    parts = [_split_pdf(gmms, pdf, int(size), rng) for pdf, size in enumerate(wanted)]
    weights, means, variances = (np.concatenate(column) for column in zip(*parts, strict=True))
    return DiagGmms(np.cumsum([0, *wanted]), weights, means, variances)


def _heaviest_of_unfit(gmms: DiagGmms, counts: np.ndarray, is_fit: np.ndarray) -> np.ndarray:
    """(G,) bool: in each pdf of which no Gaussian is fit, the one with the most frames."""
    num_fit = np.add.reduceat(is_fit.astype(np.int64), gmms.offsets[:-1])
    heaviest = np.zeros(gmms.num_gauss, bool)
    for pdf in np.flatnonzero(num_fit == 0):
        heaviest[gmms.offsets[pdf] + counts[gmms.offsets[pdf] : gmms.offsets[pdf + 1]].argmax()] = True
    return heaviest


def _select(gmms: DiagGmms, kept: np.ndarray, weights: np.ndarray, means: np.ndarray, variances: np.ndarray) -> DiagGmms:
    """The Gaussians that are kept, weights normalised within each pdf."""
    sizes = np.add.reduceat(kept.astype(np.int64), gmms.offsets[:-1])
    offsets = np.cumsum([0, *sizes])
    weights = np.maximum(weights[kept], 1e-5)
    weights /= np.repeat(np.add.reduceat(weights, offsets[:-1]), sizes)
    return DiagGmms(offsets, weights, means[kept], variances[kept])


def _split_pdf(gmms: DiagGmms, pdf: int, size: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Weights, means and variances of `pdf`, split into `size` Gaussians: halves of the heaviest move apart in a random direction."""
    span = slice(gmms.offsets[pdf], gmms.offsets[pdf + 1])
    num_old = span.stop - span.start
    if size == num_old:
        return gmms.weights[span], gmms.means[span], gmms.variances[span]
    weights, means, variances = (np.resize(array[span], (size, *array.shape[1:])) for array in (gmms.weights, gmms.means, gmms.variances))
    for new in range(num_old, size):
        heaviest = int(weights[:new].argmax())
        weights[heaviest] /= 2
        weights[new], variances[new] = weights[heaviest], variances[heaviest]
        move = PERTURBATION * rng.standard_normal(gmms.dim) * np.sqrt(variances[heaviest])
        means[new] = means[heaviest] + move
        means[heaviest] -= move
    return weights, means, variances
