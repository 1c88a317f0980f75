#!/usr/bin/env python3
"""Closed patterns of millions of SYNTHETIC symbols, and their suffix array beside prefix doubling in numpy, in the same process.

    . ./path.sh; python tests/bench/bench_motifs.py [--num-symbols 6000000] [--phrase-length 30] [--num-classes 6]

Phrases are drawn from a Markov chain of order 1 over as many classes of steps, and a tenth of them are repetitions of earlier ones.
Counted are CPU seconds of one thread, after a warm-up, and the peak memory of the process before the peer.
"""

import argparse
import resource
import time

import numpy as np

from cortado.motifs.closed import closed_patterns
from cortado.motifs.suffix_array import suffix_array


def make_phrases(num_symbols: int, phrase_length: int, num_classes: int) -> np.ndarray:
    """(num_symbols,) int64: classes from 1 on, 0 in front of each phrase."""
    rng = np.random.default_rng(0)
    likely = np.cumsum(rng.dirichlet(np.ones(num_classes), num_classes), axis=1)
    phrases = np.zeros((num_symbols // (phrase_length + 1), phrase_length + 1), np.int64)
    phrases[:, 1] = rng.integers(1, num_classes + 1, len(phrases))
    for place in range(2, phrase_length + 1):
        draws = rng.random((len(phrases), 1))
        phrases[:, place] = 1 + np.minimum((likely[phrases[:, place - 1] - 1] < draws).sum(axis=1), num_classes - 1)
    repeated = np.flatnonzero(rng.random(len(phrases)) < 0.1)
    phrases[repeated] = phrases[(rng.random(len(repeated)) * repeated).astype(np.int64)]
    return phrases.ravel()


def prefix_doubling(text: np.ndarray) -> np.ndarray:
    """The suffix array of `text`, (n,) whole numbers: suffixes sorted by 1, 2, 4, ... symbols (Manber and Myers, 1993)."""
    ranks, length = text, 1
    while True:
        following = np.zeros_like(ranks)
        following[: len(ranks) - length] = ranks[length:] + 1
        keys = ranks * (following.max() + 1) + following
        suffixes = np.argsort(keys)
        ordered = keys[suffixes]
        ranks = np.empty_like(ranks)
        ranks[suffixes] = np.cumsum(np.concatenate([[False], ordered[1:] != ordered[:-1]]))
        if ranks[suffixes[-1]] == len(text) - 1:
            return suffixes
        length *= 2


def timed(call, *arguments):
    start = time.process_time()
    result = call(*arguments)
    return time.process_time() - start, result


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--num-symbols", type=int, default=6_000_000)
    parser.add_argument("--phrase-length", type=int, default=30)
    parser.add_argument("--num-classes", type=int, default=6)
    args = parser.parse_args()
    warm_up = make_phrases(1000, args.phrase_length, args.num_classes)
    closed_patterns(warm_up, np.cumsum(warm_up == 0), 3, 5)
    symbols = make_phrases(args.num_symbols, args.phrase_length, args.num_classes)
    seconds, patterns = timed(closed_patterns, symbols, np.cumsum(symbols == 0), 3, 5)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    own, suffixes = timed(suffix_array, symbols)
    theirs, expected = timed(prefix_doubling, symbols)
    print(
        f"{len(symbols):,} symbols (SYNTHETIC), {args.num_classes} classes, phrases of {args.phrase_length}: {len(patterns):,} closed "
        f"patterns of 5 or more symbols in 3 or more phrases; {seconds:.1f} s of CPU, {memory:.2f} GB; its suffix array in {own:.1f} s, "
        f"{theirs / own:.1f} times as fast as prefix doubling in numpy ({'equal' if np.array_equal(suffixes, expected) else 'DIFFERENT'})"
    )


if __name__ == "__main__":
    main()
