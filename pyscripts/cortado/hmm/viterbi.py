"""The best path of an utterance through its training graph: Viterbi search over a band of states, pdfs scored when they are needed.

The states of a training graph lie in the order of the words, so the states within the beam at one frame lie in one band
[low, high). A pdf that the band reaches is scored for a block of frames at once.
"""

from typing import NamedTuple

import numpy as np
from numba import njit

from cortado.hmm.gauss_kernels import VECTOR, gauss_scores
from cortado.hmm.log_sum_exp import log_sum_exp

BLOCK = VECTOR  # frames: a pdf is scored for so many at once; more would be scored and not used
SELF_LOOP, CHAIN, FIRST_EXTRA = 0, 1, 2  # back pointers: how a state was entered
NEVER = np.float32(-np.inf)


class Gaussians(NamedTuple):
    """All Gaussians of a model, those of pdf p in rows offsets[p] to offsets[p + 1] of `rows`: (G, 1 + 2 D) float32, the factors of
    [1, x, x * x] in the log-likelihood.
    """

    offsets: np.ndarray
    rows: np.ndarray


class PdfScores(NamedTuple):
    """Log-likelihoods of the frames of the present block, and what is needed to compute them. Each thread has its own."""

    values: np.ndarray  # (num_pdfs, BLOCK) float32
    block_of: np.ndarray  # (num_pdfs,) int64: the block that a row of `values` is of
    frames: np.ndarray  # (D, BLOCK) float32
    products: np.ndarray  # (BLOCK * most Gaussians of a pdf,) float32
    bits: np.ndarray  # (BLOCK,) int32
    totals: np.ndarray  # (BLOCK,) float32


class Paths(NamedTuple):
    """What the search found: `tids` (num_frames,) int32, 0 where an utterance has no path; `scores` (U,) float64, the log-likelihood of
    path and frames, -inf where there is no path; `retried` (U,) bool, whether the retry beam was needed.
    """

    tids: np.ndarray
    scores: np.ndarray
    retried: np.ndarray


def new_pdf_scores(gaussians: Gaussians) -> PdfScores:
    """Scratch for one thread."""
    num_pdfs, most = len(gaussians.offsets) - 1, int(np.diff(gaussians.offsets).max())
    return PdfScores(
        values=np.empty((num_pdfs, BLOCK), np.float32),
        block_of=np.full(num_pdfs, -1, np.int64),
        frames=np.zeros(((gaussians.rows.shape[1] - 1) // 2, BLOCK), np.float32),
        products=np.empty(BLOCK * most, np.float32),
        bits=np.empty(BLOCK, np.int32),
        totals=np.empty(BLOCK, np.float32),
    )


@njit(cache=True, nogil=True)
def find_paths(first, last, feats, frame_offsets, graphs, arcs, gaussians, pdf_scores, beams, paths):
    """Fill `paths` for utterances `first` to `last`: the best path within beams[0], and where there is none, within beams[1].

    feats: (num_frames, D) float32. beams: in nats. Reordered self-loops, as in Kaldi: the first frame in a state has the tid of
    the arc that will leave it, the others that of its loop.
    """
    block = np.int64(-1)
    for utterance in range(first, last):
        start, end = frame_offsets[utterance], frame_offsets[utterance + 1]
        num_states = graphs.state_offsets[utterance + 1] - graphs.state_offsets[utterance]
        back = np.zeros((end - start, num_states), np.uint8)
        paths.tids[start:end] = 0
        paths.scores[utterance] = -np.inf
        for attempt in range(len(beams)):
            if paths.scores[utterance] == -np.inf:
                paths.retried[utterance] = attempt > 0
                state, score, block = search(utterance, feats[start:end], graphs, arcs, gaussians, pdf_scores, beams[attempt], back, block)
                paths.scores[utterance] = score
                if state >= 0:
                    trace_back(utterance, state, graphs, back, paths.tids[start:end])


@njit(cache=True, nogil=True)
def search(utterance, feats, graphs, arcs, gaussians, pdf_scores, beam, back, block):
    """The last state of the best path (-1: none within the beam), its score, and the number of the last block of frames used.

    Scores of a frame are kept relative to the best of the frame before, so that float32 has digits left in long utterances.
    """
    base = graphs.state_offsets[utterance]
    num_states = graphs.state_offsets[utterance + 1] - base
    pdf = graphs.pdf[base : base + num_states]
    now, then = np.full(num_states, NEVER), np.full(num_states, NEVER)
    low, high, best, total = 0, 0, np.float32(0), 0.0
    for t in range(len(feats)):
        if t % BLOCK == 0:
            block += 1
            load_frames(feats[t : t + BLOCK], pdf_scores.frames)
        now, then = then, now
        if t == 0:
            new_low, new_high = enter(base, arcs, now)
        else:
            new_low, new_high = graphs.nearest[base + low], graphs.furthest[base + high - 1] + 1
            step(base, new_low, new_high, graphs, arcs, then, now, back[t])
            then[low:high] = NEVER
        previous, best = best, NEVER
        for state in range(new_low, new_high):
            if now[state] > NEVER:
                if pdf_scores.block_of[pdf[state]] != block:
                    pdf_scores.block_of[pdf[state]] = block
                    score_pdf(pdf[state], gaussians, pdf_scores)
                now[state] += pdf_scores.values[pdf[state], t % BLOCK] - previous
                best = max(best, now[state])
        if best == NEVER:
            return -1, -np.inf, block
        total += best
        low, high = prune(now, new_low, new_high, best - beam)
    state, score = best_end(base, low, high, arcs, now)
    return state, total + score - best, block


@njit(cache=True, nogil=True)
def load_frames(feats, frames):
    """The rows of `feats` into the columns of `frames`."""
    for n in range(len(feats)):
        for d in range(feats.shape[1]):
            frames[d, n] = feats[n, d]


@njit(cache=True, nogil=True)
def score_pdf(pdf, gaussians, pdf_scores):
    """Log-likelihoods under `pdf` of all frames of the present block: whole vectors take no longer than parts."""
    rows = gaussians.rows[gaussians.offsets[pdf] : gaussians.offsets[pdf + 1]]
    products = pdf_scores.products[: len(rows) * BLOCK].reshape(len(rows), BLOCK)
    gauss_scores(rows, pdf_scores.frames, products)
    log_sum_exp(products, pdf_scores.bits, pdf_scores.totals, pdf_scores.values[pdf])


@njit(cache=True, nogil=True)
def enter(base, arcs, now):
    """Put the scores of beginning into `now`; the band of the states where a path may begin."""
    high = 0
    for state in range(len(now)):
        now[state] = arcs.start[base + state]
        if now[state] > NEVER:
            high = state + 1
    return 0, high


@njit(cache=True, nogil=True)
def step(base, low, high, graphs, arcs, then, now, back):
    """The best way into each state of the band [low, high), without the score of the frame."""
    for state in range(low, high):
        score, entered = then[state] + arcs.self_loop[base + state], SELF_LOOP
        if state > 0:
            by_chain = then[state - 1] + arcs.chain[base + state]
            if by_chain > score:
                score, entered = by_chain, CHAIN
        first = graphs.extra_offsets[base + state]
        for arc in range(first, graphs.extra_offsets[base + state + 1]):
            by_extra = then[graphs.extra_source[arc]] + arcs.extra[arc]
            if by_extra > score:
                score, entered = by_extra, FIRST_EXTRA + arc - first
        now[state] = score
        back[state] = entered


@njit(cache=True, nogil=True)
def prune(now, low, high, threshold):
    """Forget the states of the band below the threshold; the band that is left."""
    while now[low] < threshold:
        now[low] = NEVER
        low += 1
    while now[high - 1] < threshold:
        now[high - 1] = NEVER
        high -= 1
    for state in range(low, high):
        if now[state] < threshold:
            now[state] = NEVER
    return low, high


@njit(cache=True, nogil=True)
def best_end(base, low, high, arcs, now):
    """The state in which the best path may end, -1 when none of the band may, and its score."""
    best, score = -1, NEVER
    for state in range(low, high):
        ended = now[state] + arcs.final[base + state]
        if ended > score:
            best, score = state, ended
    return best, score


@njit(cache=True, nogil=True)
def trace_back(utterance, state, graphs, back, tids):
    """Follow the back pointers from the last state and write the transition ids."""
    base = graphs.state_offsets[utterance]
    leaving = graphs.final_tid[base + state]
    for t in range(len(tids) - 1, 0, -1):
        entered = back[t, state]
        if entered == SELF_LOOP:
            tids[t] = graphs.self_loop_tid[base + state]
            continue
        tids[t] = leaving
        if entered == CHAIN:
            leaving = graphs.chain_tid[base + state]
            state -= 1
        else:
            arc = graphs.extra_offsets[base + state] + entered - FIRST_EXTRA
            leaving = graphs.extra_tid[arc]
            state = graphs.extra_source[arc]
    tids[0] = leaving
