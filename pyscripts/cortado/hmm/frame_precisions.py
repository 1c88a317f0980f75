"""Of each aligned frame, the mean precision of the Gaussians that account for it: what estimates of linear transforms are made of."""

import numpy as np
from numba import njit

from cortado.hmm.accumulate import BLOCK, Scratch, compute_posteriors, gather_frames, in_threads, new_scratch, sort_by_pdf
from cortado.hmm.gmm import DiagGmms


def frame_precisions(feats: np.ndarray, pdfs: np.ndarray, gmms: DiagGmms, num_threads: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """For each frame the sums over the Gaussians of its pdf of posterior / variance, and of posterior * mean / variance: two
    (num_frames, D) float32; zeros where pdfs (num_frames,) is negative.
    """
    frames, rows = sort_by_pdf(pdfs, gmms.num_pdfs), gmms.packed()
    out = np.zeros((len(feats), 2 * gmms.dim), np.float32)

    def work(pdf_range: tuple[int, int]) -> None:
        average_rows(*pdf_range, frames, feats, rows, gmms.offsets, new_scratch(gmms), out)

    in_threads(work, frames.offsets, num_threads)
    return -2 * out[:, gmms.dim :], out[:, : gmms.dim]


@njit(cache=True, nogil=True)
def average_rows(first, last, frames, feats, rows, gauss_offsets, scratch: Scratch, out):
    """out[t]: the rows of the Gaussians of frame t without the constant, weighted with posteriors; frames of pdfs [first, last)."""
    for pdf in range(first, last):
        own = rows[gauss_offsets[pdf] : gauss_offsets[pdf + 1]]
        factors = own[:, 1:].copy()
        for begin in range(frames.offsets[pdf], frames.offsets[pdf + 1], BLOCK):
            members = frames.order[begin : min(begin + BLOCK, frames.offsets[pdf + 1])]
            gather_frames(feats, members, scratch.scored)
            averages = np.dot(compute_posteriors(own, len(members), scratch).T, factors)  # and zeros behind the last member
            for n in range(len(members)):
                out[members[n]] = averages[n]
