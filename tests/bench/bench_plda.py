"""PLDA, one thread: scoring against the quadratic form over gathered rows and against cosine; EM against inverting per speaker.

Run: OMP_NUM_THREADS=1 python3 tests/bench/bench_plda.py
"""

import time

import numpy as np

from cortado.score.cosine import score_pairs
from cortado.score.plda import Plda, fit_plda

DIM, NUM_TRIALS, NUM_UTTERANCES = 256, 2_000_000, 20_000


def ratios_over_gathered_rows(plda, x, enrol_rows, test_rows, chunk=20_000):
    """The two Gaussian densities of each trial, written out."""
    gain, variance, total = plda.psi / (1 + plda.psi), 1 + plda.psi / (1 + plda.psi), 1 + plda.psi
    scores = np.empty(len(enrol_rows))
    for start in range(0, len(scores), chunk):
        enrol, test = x[enrol_rows[start : start + chunk]], x[test_rows[start : start + chunk]]
        same = (test - gain * enrol) ** 2 / variance + np.log(variance)
        scores[start : start + chunk] = 0.5 * np.sum(test**2 / total + np.log(total) - same, axis=1)
    return scores


def em_by_speaker(vectors, labels, within, between, mean):
    """One step for every speaker by itself, with the inverses that the formulas show."""
    new_within, new_between = np.zeros_like(within), np.zeros_like(between)
    for speaker in np.unique(labels):
        x = vectors[labels == speaker] - mean
        covariance = np.linalg.inv(np.linalg.inv(between) + len(x) * np.linalg.inv(within))
        y = covariance @ np.linalg.solve(within, x.sum(axis=0))
        new_between += np.outer(y, y) + covariance
        new_within += (x - y).T @ (x - y) + len(x) * covariance
    return new_within / len(vectors), new_between / len(np.unique(labels))


def seconds(function, *arguments):
    start = time.perf_counter()
    value = function(*arguments)
    return time.perf_counter() - start, value


def main():
    rng = np.random.default_rng(0)
    plda = Plda(np.zeros(DIM), np.eye(DIM), np.geomspace(8, 0.05, DIM))
    x = rng.standard_normal((NUM_UTTERANCES, DIM)) * np.sqrt(1 + plda.psi)
    once, rows = np.ones(NUM_UTTERANCES, int), rng.integers(NUM_UTTERANCES, size=(2, NUM_TRIALS))

    def ours():
        enrol, test = (side(x, once).astype(np.float32) for side in (plda.enrol_side, plda.test_side))
        return score_pairs(enrol, test, *rows)

    spent, scores = seconds(ours)
    written_out, expected = seconds(ratios_over_gathered_rows, plda, x, *rows)
    units = x.astype(np.float32)
    cosine, _ = seconds(score_pairs, units, units, *rows)
    error = np.abs(scores - expected).max()
    print(
        f"2 M PLDA trials over {NUM_UTTERANCES:,} embeddings of {DIM}: {spent:.2f} s, error up to {error:.0e} of {np.abs(expected).max():.0f}; "
        f"densities over gathered rows {written_out:.2f} s, {written_out / spent:.1f} times ours; cosine {cosine:.2f} s"
    )
    labels = np.repeat(np.arange(500), 10)
    vectors = rng.standard_normal((500, DIM))[labels] + rng.standard_normal((len(labels), DIM))
    ten_steps, _ = seconds(fit_plda, vectors, labels, 10)
    one_step, _ = seconds(em_by_speaker, vectors, labels, np.eye(DIM), np.eye(DIM), vectors.mean(axis=0))
    print(
        f"a step of EM over 500 speakers: {ten_steps / 10:.3f} s, speaker by speaker {one_step:.2f} s, {10 * one_step / ten_steps:.0f} times ours"
    )


if __name__ == "__main__":
    main()
