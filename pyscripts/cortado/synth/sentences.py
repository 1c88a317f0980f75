"""Sentences of a small grammar, each drawn at most once: "the red boat waits behind an empty station every morning"."""

import math

import numpy as np

from cortado.errors import CortadoError

# One choice of each row, in order; the words were picked so that most phones of English occur.
GRAMMAR = (
    ("the", "my", "your", "our", "this", "one"),
    ("quiet", "yellow", "famous", "lazy", "strange", "huge", "clever", "broken", "shy", "warm"),
    ("doctor", "fox", "teacher", "ship", "judge", "brother", "village", "owl", "machine", "young girl"),
    ("follows", "watches", "forgets", "measures", "chooses", "finds", "visits", "draws", "pushes", "leaves"),
    ("a", "the", "another", "her", "their", "that"),
    ("zebra", "garden", "cloud", "house", "violin", "bridge", "boy", "thick book", "window", "jar"),
    ("at noon", "in the dark", "near the river", "with joy", "after lunch", "before you", "on Thursday", "for pleasure"),
)


def draw_sentences(count: int, seed: int) -> list[str]:
    """`count` different sentences in random order; all their words are in GRAMMAR. Raises CortadoError beyond its size."""
    sizes = [len(choices) for choices in GRAMMAR]
    if count > math.prod(sizes):
        raise CortadoError(f"the grammar has {math.prod(sizes)} sentences, not {count}")
    numbers = np.random.default_rng(seed).choice(math.prod(sizes), size=count, replace=False)
    picks = np.stack(np.unravel_index(numbers, sizes), axis=1)
    return [" ".join(choices[k] for choices, k in zip(GRAMMAR, pick, strict=True)) for pick in picks]
