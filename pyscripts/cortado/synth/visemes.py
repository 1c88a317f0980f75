"""What a mouth does while phones are spoken: a shape for each kind of phone, and the way from one to the next.

Phones that lipreaders cannot tell apart have one shape here, a viseme. The groups of consonants are those of Jeffers and Barley, "Speechreading
(Lipreading)", 1971, with their two groups of alveolars in one. Vowels follow the vowel chart of the International Phonetic Association: the
lips are as open as the vowel is, and as round. The figures are ours, chosen by eye.
"""

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from cortado.errors import CortadoError
from cortado.synth.espeak import Phone

REACH = 0.03  # seconds within which a shape's influence outside its own time falls to 1/e
FREE = np.nan  # the phone can be said with any value, so that its neighbours decide


class Shape(NamedTuple):
    """A posture of the mouth; 0 throughout is the mouth at rest, just closed. `strength` says how much it resists its neighbours."""

    opening: float  # of the lips: below 0 pressed together, 1 as wide as speech goes
    width: float  # 1 spread as in "see", -1 drawn in
    rounding: float  # 0 to 1, rounded and put forward as in "two"
    tuck: float  # 0 to 1, lower lip under the upper teeth
    teeth: float  # 0 to 1, how much of the upper teeth is seen
    tongue: float  # 0 to 1, how far the tongue fills the opening
    strength: float = 1.0


NUM_PARAMETERS = len(Shape._fields) - 1

SHAPES = {
    #                      opening width rounding tuck teeth tongue strength
    "rest": Shape(0.0, 0.0, 0.0, 0.0, 0.0, 0.0),
    "bilabial": Shape(-0.4, FREE, FREE, 0.0, 0.0, 0.0, 5.0),
    "labiodental": Shape(0.14, FREE, 0.0, 1.0, 1.0, 0.0, 4.0),
    "dental": Shape(0.28, FREE, 0.0, 0.0, 0.6, 1.0, 2.0),
    "alveolar": Shape(0.2, FREE, FREE, 0.0, 1.0, 0.25, 1.5),
    "postalveolar": Shape(0.3, -0.3, 0.7, 0.0, 1.0, 0.0, 2.0),
    "velar": Shape(0.3, FREE, FREE, 0.0, 0.2, 0.1, 0.7),
    "labiovelar": Shape(0.08, -1.0, 1.0, 0.0, 0.0, 0.0, 3.0),
    "rhotic": Shape(0.22, -0.4, 0.6, 0.0, 0.2, 0.0),
    "breath": Shape(FREE, FREE, FREE, 0.0, FREE, FREE),
    "close spread": Shape(0.2, 1.0, 0.0, 0.0, 0.7, 0.1, 1.5),
    "near-close": Shape(0.3, 0.6, 0.0, 0.0, 0.5, 0.1),
    "mid": Shape(0.5, 0.5, 0.0, 0.0, 0.45, 0.1),
    "central": Shape(0.3, 0.0, 0.1, 0.0, 0.3, 0.0, 0.6),
    "open-mid": Shape(0.55, 0.0, 0.0, 0.0, 0.3, 0.0),
    "near-open": Shape(0.8, 0.4, 0.0, 0.0, 0.4, 0.1),
    "open": Shape(1.0, 0.0, 0.0, 0.0, 0.3, 0.0),
    "open-mid round": Shape(0.65, -0.5, 0.6, 0.0, 0.1, 0.0),
    "close round": Shape(0.16, -0.8, 0.9, 0.0, 0.0, 0.0, 1.5),
}

# espeak-ng's phones of American English that look alike, and those that go from one shape to another.
_ALIKE = {
    "bilabial": "p b m",
    "labiodental": "f v",
    "dental": "T D",
    "alveolar": "t d n s z l",
    "postalveolar": "S Z tS dZ",
    "velar": "k g N",
    "labiovelar": "w",
    "rhotic": "r 3",
    "breath": "h",
    "close spread": "i: i j",
    "near-close": "I I# I2",
    "mid": "E",
    "central": "@ @2 a#",
    "open-mid": "V",
    "near-open": "a",
    "open": "0",
    "open-mid round": "O: O2",
    "close round": "u: U",
}
_MOVING = {
    "aI": ("open", "near-close"),
    "aI@": ("open", "near-close", "central"),
    "aU": ("open", "close round"),
    "eI": ("mid", "close spread"),
    "oU": ("open-mid round", "close round"),
    "OI": ("open-mid round", "near-close"),
    "A@": ("open", "rhotic"),
    "O@": ("open-mid round", "rhotic"),
    "U@": ("close round", "rhotic"),
}
SHAPES_OF = {phone: (shape,) for shape, phones in _ALIKE.items() for phone in phones.split()} | _MOVING


def mouth_track(phones: Sequence[Phone], num_frames: int, frame_rate: float) -> np.ndarray:
    """The posture at the middle of each frame: (num_frames, NUM_PARAMETERS) float64, the fields of Shape but its strength.

    Every posture is the mean of all shapes of the utterance, weighted by strength and by nearness in time, after Cohen and Massaro,
    "Modeling coarticulation in synthetic visual speech", 1993; time is counted from the ends of a phone, where they count from its middle. Before
    the first phone and behind the last one the mouth rests. Raises CortadoError for a phone that has no shape.
    """
    starts, ends, shapes = _targets(phones)
    times = (np.arange(num_frames)[:, None] + 0.5) / frame_rate
    away = np.maximum(np.maximum(starts - times, times - ends), 0)
    values, strength = shapes[:, :-1], shapes[:, -1]
    weights = strength * np.exp(-away / REACH)
    return weights @ np.nan_to_num(values, nan=0.0) / (weights @ np.isfinite(values))


def _targets(phones: Sequence[Phone]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Start and end of each shape that is aimed at, (num_shapes,) in seconds, and the shapes, (num_shapes, NUM_PARAMETERS + 1)."""
    rows = [(-np.inf, phones[0].start, SHAPES["rest"])]
    for phone in phones:
        names = SHAPES_OF.get(phone.label)
        if names is None:
            raise CortadoError(
                f"no shape of the mouth is known for the phone {phone.label!r} at {phone.start:.3f} s; visemes.py lists them"
            )
        bounds = np.linspace(phone.start, phone.end, len(names) + 1)
        rows += [(start, end, SHAPES[name]) for (start, end), name in zip(pairwise(bounds), names, strict=True)]
    rows.append((phones[-1].end, np.inf, SHAPES["rest"]))
    starts, ends, shapes = zip(*rows, strict=True)
    return np.array(starts), np.array(ends), np.array(shapes)
