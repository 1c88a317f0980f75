"""Statistics of aligned frames: for each Gaussian how many frames it accounts for, their sum and the sum of their squares.

Frames are taken pdf by pdf in blocks, scored under the Gaussians of the pdf and summed with their posteriors. Sums of a block are
float32, those over blocks exact_sums.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numba import njit

from cortado.hmm.exact_sums import add_rounded
from cortado.hmm.gauss_kernels import PADDING, VECTOR, gauss_scores, weighted_sums
from cortado.hmm.gmm import DiagGmms
from cortado.hmm.log_sum_exp import log_sum_exp

BLOCK = 256  # frames, whole vectors


class Statistics(NamedTuple):
    """`sums` (G, 1 + 2 D) float64: frames, sum and sum of squares of each Gaussian; `log_likes` (num_pdfs,) float64: of the frames of
    each pdf.
    """

    sums: np.ndarray
    log_likes: np.ndarray


class FramesOfPdfs(NamedTuple):
    """Those of pdf p are order[offsets[p]] to order[offsets[p + 1] - 1], ascending."""

    order: np.ndarray  # int64
    offsets: np.ndarray  # (num_pdfs + 1,) int64


class Scratch(NamedTuple):
    """What accumulate_pdfs needs to compute with. Each thread has its own."""

    scored: np.ndarray  # (D, BLOCK + PADDING) float32
    summed: np.ndarray  # the same of the features that are summed
    posteriors: np.ndarray  # (BLOCK * most Gaussians of a pdf,) float32
    sums: np.ndarray  # (most Gaussians of a pdf * (1 + 2 D),) float32
    log_sums: np.ndarray  # (BLOCK,) float32
    totals: np.ndarray  # (BLOCK,) float32
    bits: np.ndarray  # (BLOCK,) int32


def new_statistics(gmms: DiagGmms) -> Statistics:
    """All zeros."""
    return Statistics(np.zeros((gmms.num_gauss, 1 + 2 * gmms.dim)), np.zeros(gmms.num_pdfs))


@njit(cache=True, nogil=True)
def sort_by_pdf(pdfs: np.ndarray, num_pdfs: int) -> FramesOfPdfs:
    """pdfs: (num_frames,) int below num_pdfs, negative for a frame to leave out."""
    offsets = np.zeros(num_pdfs + 1, np.int64)
    for pdf in pdfs:
        if pdf >= 0:
            offsets[pdf + 1] += 1
    offsets = np.cumsum(offsets)
    places, order = offsets.copy(), np.empty(offsets[-1], np.int64)
    for frame, pdf in enumerate(pdfs):
        if pdf >= 0:
            order[places[pdf]] = frame
            places[pdf] += 1
    return FramesOfPdfs(order, offsets)


def accumulate(
    statistics: Statistics,
    feats: np.ndarray,
    pdfs: np.ndarray,
    gmms: DiagGmms,
    num_threads: int = 1,
    summed_feats: np.ndarray | None = None,
) -> None:
    """Add the frames of `feats` (num_frames, D) float32 to `statistics`; pdfs: (num_frames,) int, negative for a frame to leave out.

    With `summed_feats`, posteriors are those of `feats`, and the sums are over these. The number of threads changes no bit.
    """
    frames, rows = sort_by_pdf(pdfs, gmms.num_pdfs), gmms.packed()
    summed = feats if summed_feats is None else summed_feats

    def work(pdf_range: tuple[int, int]) -> None:
        scratch = new_scratch(gmms)
        accumulate_pdfs(*pdf_range, frames, feats, summed, summed_feats is None, rows, gmms.offsets, scratch, statistics)

    in_threads(work, frames.offsets, num_threads)


def in_threads(work: Callable[[tuple[int, int]], None], offsets: np.ndarray, num_threads: int) -> None:
    """Call work((first, last)) for ranges of items that together are all; item i weighs offsets[i + 1] - offsets[i]."""
    cuts = np.searchsorted(offsets, np.linspace(offsets[0], offsets[-1], num_threads + 1))
    cuts[0], cuts[-1] = 0, len(offsets) - 1
    spans = list(pairwise(cuts.tolist()))
    if num_threads == 1:
        work(spans[0])
        return
    with ThreadPoolExecutor(num_threads) as pool:
        list(pool.map(work, spans))


def new_scratch(gmms: DiagGmms) -> Scratch:
    """Scratch for one thread."""
    width, most = 1 + 2 * gmms.dim, int(np.diff(gmms.offsets).max())
    return Scratch(
        scored=np.zeros((gmms.dim, BLOCK + PADDING), np.float32),
        summed=np.zeros((gmms.dim, BLOCK + PADDING), np.float32),
        posteriors=np.empty(BLOCK * most, np.float32),
        sums=np.empty(most * width, np.float32),
        log_sums=np.empty(BLOCK, np.float32),
        totals=np.empty(BLOCK, np.float32),
        bits=np.empty(BLOCK, np.int32),
    )


@njit(cache=True, nogil=True)
def accumulate_pdfs(first, last, frames, feats, summed_feats, is_same, rows, gauss_offsets, scratch, statistics):
    """Add the frames of pdfs [first, last) to `statistics`. rows: DiagGmms.packed(); is_same: summed_feats are feats."""
    for pdf in range(first, last):
        gauss = slice(gauss_offsets[pdf], gauss_offsets[pdf + 1])
        for begin in range(frames.offsets[pdf], frames.offsets[pdf + 1], BLOCK):
            members = frames.order[begin : min(begin + BLOCK, frames.offsets[pdf + 1])]
            gather_frames(feats, members, scratch.scored)
            posteriors = compute_posteriors(rows[gauss], len(members), scratch)
            statistics.log_likes[pdf] += np.sum(scratch.log_sums[: len(members)])
            summed = scratch.scored
            if not is_same:
                summed = scratch.summed
                gather_frames(summed_feats, members, summed)
            sums = scratch.sums[: len(posteriors) * rows.shape[1]].reshape(len(posteriors), rows.shape[1])
            weighted_sums(posteriors, summed, sums)
            add_rounded(statistics.sums[gauss], sums)


@njit(cache=True, nogil=True)
def gather_frames(feats, members, frames):
    """The rows of `feats` that `members` names, into the columns of `frames`."""
    for n in range(len(members)):
        for d in range(feats.shape[1]):
            frames[d, n] = feats[members[n], d]


@njit(cache=True, nogil=True)
def compute_posteriors(rows, num_frames, scratch):
    """(num_gauss, num_frames, rounded up to whole vectors) float32, a view into `scratch`: posteriors of the first frames of scratch.scored
    under Gaussians `rows`, 0 beyond num_frames.
    """
    width = -(-num_frames // VECTOR) * VECTOR
    posteriors = scratch.posteriors[: len(rows) * width].reshape(len(rows), width)
    gauss_scores(rows, scratch.scored, posteriors)
    log_sum_exp(posteriors, scratch.bits, scratch.totals, scratch.log_sums)
    scratch.totals[:num_frames] = np.float32(1) / scratch.totals[:num_frames]
    scratch.totals[num_frames:width] = 0
    for m in range(len(rows)):
        for n in range(width):
            posteriors[m, n] *= scratch.totals[n]
    return posteriors
