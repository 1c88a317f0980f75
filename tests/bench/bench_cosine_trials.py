"""Ten million cosine trials over 256-dimensional float32 embeddings, one thread, against numpy's einsum over gathered rows.

Prints one line for each of two lists: few utterances (the dense way is chosen) and many (the gathered way).
Run: OMP_NUM_THREADS=1 python3 tests/bench/bench_cosine_trials.py
"""

import resource
import time

import numpy as np

from cortado.score.cosine import score_pairs

DIM, NUM_TRIALS = 256, 10_000_000


def einsum_over_gathered_rows(vectors, enrol_rows, test_rows, chunk=100_000):
    """What one writes first; in chunks, since all rows at once would take 20 GB."""
    scores = np.empty(len(enrol_rows), np.float32)
    for start in range(0, len(scores), chunk):
        part = slice(start, start + chunk)
        scores[part] = np.einsum("nd,nd->n", vectors[enrol_rows[part]], vectors[test_rows[part]])
    return scores


def seconds(score, *arguments):
    start = time.perf_counter()
    scores = score(*arguments)
    return time.perf_counter() - start, scores


def main():
    rng = np.random.default_rng(0)
    for num_utterances in (4_000, 100_000):
        vectors = rng.standard_normal((num_utterances, DIM), dtype=np.float32)
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        enrol_rows, test_rows = rng.integers(num_utterances, size=(2, NUM_TRIALS))
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        ours, scores = seconds(score_pairs, vectors, vectors, enrol_rows, test_rows)
        memory = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
        peer, expected = seconds(einsum_over_gathered_rows, vectors, enrol_rows, test_rows)
        np.testing.assert_allclose(scores, expected, atol=1e-5)
        print(
            f"10 M cosine trials over {num_utterances:,} embeddings: {ours:.2f} s (+{memory:.0f} MiB), "
            f"einsum over gathered rows {peer:.2f} s, {peer / ours:.1f} times ours"
        )


if __name__ == "__main__":
    main()
