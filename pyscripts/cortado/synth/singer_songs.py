"""Songs without words or names: phrases of notes on the Phrygian scale of flamenco, drawn at random for every singer to sing."""

from dataclasses import dataclass

import numpy as np

# Cents above the tonic: the third is major, as in the Andalusian cadence.
SCALE = np.array([0, 100, 400, 500, 700, 800, 1000, 1200])
VOWELS = "aeiou"
MIN_NOTES, MAX_NOTES = 5, 8  # of a phrase
CONSONANT_RATE = 0.35  # share of notes that begin with an unvoiced consonant


@dataclass(frozen=True)
class Note:
    """One written note; `degree` is a place in SCALE, `vowel` one in VOWELS."""

    degree: int
    beats: int
    vowel: int
    consonant: bool


Song = list[list[Note]]  # phrases


def draw_song(num_phrases: int, rng: np.random.Generator) -> Song:
    """`num_phrases` phrases, each wandering about the scale and ending on a long tonic."""
    return [_draw_phrase(rng) for _ in range(num_phrases)]


def _draw_phrase(rng: np.random.Generator) -> list[Note]:
    degree = int(rng.integers(2, 6))
    notes = []
    for number in range(int(rng.integers(MIN_NOTES, MAX_NOTES + 1)) - 1):
        notes.append(Note(degree, int(rng.choice([1, 1, 2, 3])), int(rng.integers(5)), number > 0 and rng.random() < CONSONANT_RATE))
        degree = int(np.clip(degree + rng.choice([-2, -1, -1, 1, 1, 2]), 0, len(SCALE) - 1))
    return [*notes, Note(0, 4, int(rng.integers(5)), False)]
