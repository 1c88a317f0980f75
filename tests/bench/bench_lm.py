#!/usr/bin/env python3
"""train_lm.py beside lmplz on the same SYNTHETIC text: CPU time from text to ARPA file, memory, and whether the models agree.

    . ./path.sh; tests/bench/bench_lm.py [--num-words 3000000] [--order 4] [--prune '0 0 1 2'] [--lmplz PATH]

The text has 20,000 words with Zipf's frequencies, each drawn after the one before it. Each program runs in a process of its own, first
lmplz, then train_lm.py; times are CPU seconds of all its threads, with reading and writing. Without --lmplz, it is compiled (see
tests/oracles/lmplz.py).
"""

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

from cortado.lm import NgramModel, read_arpa

ROOT = Path(__file__).resolve().parents[2]
VOCABULARY_SIZE, NUM_NEIGHBOURS, WORDS_IN_SENTENCE = 20_000, 300, 15


def write_text(path: Path, num_words: int) -> None:
    """A Markov chain: half of the words are one of NUM_NEIGHBOURS that the word before likes, chosen by Zipf's law, too."""
    rng = np.random.default_rng(0)
    frequency = 1 / np.arange(1, VOCABULARY_SIZE + 1)
    draws = rng.choice(VOCABULARY_SIZE, num_words, p=frequency / frequency.sum())
    liked = np.minimum(rng.zipf(1.5, num_words), NUM_NEIGHBOURS)
    follows = rng.random(num_words) < 0.5
    ids = draws.tolist()
    for i in np.flatnonzero(follows[1:]).tolist():
        ids[i + 1] = (ids[i] * 7919 + int(liked[i + 1]) * 104_729) % VOCABULARY_SIZE
    ends = np.cumsum(rng.poisson(WORDS_IN_SENTENCE, num_words // WORDS_IN_SENTENCE))
    with open(path, "w", encoding="ascii") as out:
        for sentence in np.split(np.array(ids), ends[ends < num_words]):
            out.write(" ".join(f"w{word}" for word in sentence) + "\n")


def measure(command: list) -> tuple[float, float]:
    """(CPU seconds, gigabytes of memory at most) of a command."""
    process = subprocess.Popen([str(word) for word in command], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        sys.exit(f"{command[0]} failed")
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1e6


def largest_difference(one: NgramModel, two: NgramModel) -> float:
    """Of probabilities and backoff weights of the same n-grams; infinite where the n-grams are not the same."""
    ids = np.array([two.word_ids.get(word, -1) for word in one.vocabulary])
    largest = 0.0
    for first, second in zip(one.orders, two.orders, strict=True):
        rows = two.rows(ids[first.ids])
        if len(first) != len(second) or (rows < 0).any():
            return np.inf
        for name in ("log10_prob", "log10_backoff"):
            largest = max(largest, float(np.abs(getattr(first, name) - getattr(second, name)[rows]).max()))
    return largest


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--num-words", type=int, default=3_000_000)
    parser.add_argument("--order", type=int, default=4)
    parser.add_argument("--prune", default="0")
    parser.add_argument("--lmplz", type=Path)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        text, ours, theirs = (Path(name, file) for file in ("text", "ours.arpa", "lmplz.arpa"))
        write_text(text, args.num_words)
        options = ["--order", args.order, "--prune", *args.prune.split(), "--discount_fallback", "-S", "1G", "-T", name]
        peer = measure([args.lmplz or compiled(), *options, "--text", text, "--arpa", theirs])
        program = [ROOT / "pyscripts/bin/train_lm.py", "--order", args.order, "--prune", args.prune, "--discount-fallback", "true"]
        spent = measure([sys.executable, *program, text, ours])
        model = read_arpa(ours)
        print(
            f"{args.num_words:,} words (SYNTHETIC), order {args.order}, --prune '{args.prune}': {sum(map(len, model.orders)):,} n-grams; "
            f"{spent[0]:.1f} s of CPU, {spent[1]:.2f} GB; lmplz {peer[0]:.1f} s, {peer[1]:.2f} GB; {spent[0] / peer[0]:.2f} times its CPU "
            f"time; figures differ by {largest_difference(model, read_arpa(theirs)):.0e} at most"
        )


def compiled() -> Path:
    sys.path.insert(0, str(ROOT / "tests/oracles"))
    from lmplz import lmplz_program

    return lmplz_program()


if __name__ == "__main__":
    main()
