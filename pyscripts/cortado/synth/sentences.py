"""Sentences of small grammars, each drawn at most once: "the lazy fox follows another cloud at noon"."""

import math
from collections.abc import Sequence

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

# The sentences of speech recognition: 58 words, one in each slot. The synthesiser says each in one way wherever it stands: no r links to a
# vowel, and no word is spoken as one with its neighbour, as "in the" is.
COMMANDS = {
    "verb": ("bring", "choose", "draw", "find", "leave", "move", "push", "show", "take", "watch"),
    "number": ("two", "three", "five", "seven", "eight", "nine", "ten"),
    "quality": ("broken", "famous", "huge", "lazy", "quiet", "strange", "thin", "warm"),
    "colour": ("black", "blue", "green", "red", "white", "yellow"),
    "thing": ("boats", "books", "doctors", "foxes", "jars", "judges", "owls", "zebras"),
    "preposition": ("against", "behind", "beyond", "to"),
    "determiner": ("my", "that", "the", "this", "your"),
    "place": ("bridge", "cloud", "garden", "house", "machine", "river", "ship", "thing", "village", "window"),
}


def draw_sentences(count: int, seed: int, grammar: Sequence[Sequence[str]] | None = None) -> list[str]:
    """`count` different sentences of `grammar` (GRAMMAR without it) in random order. Raises CortadoError beyond its size."""
    grammar = GRAMMAR if grammar is None else grammar
    sizes = [len(choices) for choices in grammar]
    if count > math.prod(sizes):
        raise CortadoError(f"the grammar has {math.prod(sizes)} sentences, not {count}")
    numbers = np.random.default_rng(seed).choice(math.prod(sizes), size=count, replace=False)
    picks = np.stack(np.unravel_index(numbers, sizes), axis=1)
    return [" ".join(choices[k] for choices, k in zip(grammar, pick, strict=True)) for pick in picks]
