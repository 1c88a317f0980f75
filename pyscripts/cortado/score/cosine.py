"""Cosine scores of trial lists: dot products of rows of unit embeddings, picked by index pairs.

There are two ways to the same numbers. *Gathered*: fetch both rows of each trial, a chunk at a time, and multiply them;
costs memory traffic per trial. *Dense*: multiply all enrolment rows by all test rows and pick the cells of the trials;
costs arithmetic per cell. Long lists over few utterances want the second, sparse lists over many utterances the first;
`score_pairs` estimates both from the counts. Both keep their working memory bounded.
"""

import numpy as np

# A chunk of gathered rows must stay in the second-level cache between fetching and multiplying.
GATHERED_BYTES = 1 << 20
DENSE_BYTES = 64 << 20
# Costs in multiply-adds of a matrix product, as measured on one thread with 64 to 512 dimensions: of fetching and multiplying
# two rows, for each of their values, and of picking one cell.
GATHER_COST, PICK_COST = 20, 1400


def score_pairs(
    enrol: np.ndarray, test: np.ndarray, enrol_rows: np.ndarray, test_rows: np.ndarray, typical_length: int | None = None
) -> np.ndarray:
    """Dot product of `enrol[enrol_rows[i]]` and `test[test_rows[i]]` for each trial i.

    enrol: (num_enrol, dim) float32 and test: (num_test, dim) float32, rows of length 1 for cosine scores.
    enrol_rows, test_rows: (num_trials,) int. Returns (num_trials,) float32. Whoever scores a list in pieces gives each the
    same `typical_length`, a number of trials: then all go the same way, and a pair has the same score in whichever piece it is.
    """
    dim, num_trials = enrol.shape[1], typical_length or len(enrol_rows)
    if len(enrol) * len(test) * dim + num_trials * PICK_COST < num_trials * dim * GATHER_COST:
        return score_dense(enrol, test, enrol_rows, test_rows)
    return score_gathered(enrol, test, enrol_rows, test_rows)


def score_gathered(enrol: np.ndarray, test: np.ndarray, enrol_rows: np.ndarray, test_rows: np.ndarray) -> np.ndarray:
    """`score_pairs` by fetching both rows of every trial."""
    scores = np.empty(len(enrol_rows), dtype=np.float32)
    chunk = max(1, GATHERED_BYTES // (enrol.shape[1] * enrol.itemsize))
    left, right = np.empty((2, chunk, enrol.shape[1]), dtype=np.float32)
    for start in range(0, len(scores), chunk):
        stop = min(start + chunk, len(scores))
        # mode="clip" lets numpy write straight into `out`; the caller knows its rows
        a = np.take(enrol, enrol_rows[start:stop], axis=0, out=left[: stop - start], mode="clip")
        b = np.take(test, test_rows[start:stop], axis=0, out=right[: stop - start], mode="clip")
        np.vecdot(a, b, out=scores[start:stop])
    return scores


def score_dense(enrol: np.ndarray, test: np.ndarray, enrol_rows: np.ndarray, test_rows: np.ndarray) -> np.ndarray:
    """`score_pairs` by the product of all rows, a block of enrolment rows at a time."""
    scores = np.empty(len(enrol_rows), dtype=np.float32)
    block = max(1, DENSE_BYTES // (len(test) * enrol.itemsize))
    for first, trials in _trials_by_block(enrol_rows, block, -(-len(enrol) // block)):
        # A copy, since numpy multiplies an array by its own transpose in another way, which rounds otherwise.
        cells = enrol[first : first + block].copy() @ test.T
        scores[trials] = cells[enrol_rows[trials] - first, test_rows[trials]]
    return scores


def _trials_by_block(enrol_rows: np.ndarray, block: int, num_blocks: int):
    """For each block of enrolment rows: its first row and the trials in it, without a copy when there is only one block."""
    if num_blocks == 1:
        yield 0, slice(None)
        return
    block_of_trial = (enrol_rows // block).astype(np.min_scalar_type(num_blocks))
    order = np.argsort(block_of_trial, kind="stable")  # a radix sort for the small integers that these are
    ends = np.cumsum(np.bincount(block_of_trial, minlength=num_blocks))
    for number, trials in enumerate(np.split(order, ends[:-1])):
        if len(trials):
            yield number * block, trials
