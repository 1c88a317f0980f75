"""The words of lattices with their times and confidences, as lines of a CTM file."""

from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

import numpy as np

from cortado.decode.lattice import Lattice
from cortado.decode.lattice import Path as LatticePath
from cortado.decode.mbr import confusion_network
from cortado.decode.sweep import Weights
from cortado.errors import CortadoError
from cortado.hmm.alignment import phone_segments
from cortado.hmm.transition_model import TransitionModel
from cortado.lang.rows import write_rows
from cortado.lang.word_times import WordFinder


class RecognisedWord(NamedTuple):
    """A word number with frames `begin` to `end` - 1, and its posterior."""

    word: int
    begin: int
    end: int
    confidence: float


def recognised_words(lattice: Lattice, weights: Weights, transitions: TransitionModel, finder: WordFinder) -> list[RecognisedWord]:
    """The words of the best path. Times are those of their phones in its alignment; the confidence is the posterior of the word at its
    place in the confusion network around the path.

    Raises CortadoError when the phones are not those of the words: the path was cut off, or the lexicon is another one.
    """
    scale = 1 / weights.lm_weight
    path = lattice.best_path(scale, weights.word_penalty)
    network = confusion_network(lattice, path.words, scale, weights.word_penalty)
    confidences = [candidate.posterior for candidate in network.best()]
    times = phone_times(path, transitions, finder)
    return [RecognisedWord(word, *time, conf) for word, time, conf in zip(path.words, times, confidences, strict=True)]


def phone_times(path: LatticePath, transitions: TransitionModel, finder: WordFinder) -> list[tuple[int, int]]:
    """(first frame, frame behind the last) of each word of a path. The arcs of a lattice do not tell: a word's label may come earlier or
    later than its phones.
    """
    segments = phone_segments(path.alignment, transitions)
    starts = np.append(segments.starts, len(path.alignment)).tolist()
    try:
        spans = finder.find(segments.phones.tolist(), path.words)
    except CortadoError as error:
        raise CortadoError(f"its times cannot be told: {error}") from None
    return [(starts[span.first], starts[span.end]) for span in spans]


def write_recognised(path: str | Path, said: Iterable[tuple[str, Iterable[tuple[float, float, str, float]]]]) -> None:
    """Write (utterance, (start, end, word, confidence) of each word), times in seconds, in this order: 'utterance 1 start duration word
    confidence'.
    """
    rows = (
        [utterance, "1", f"{start:.3f}", f"{end - start:.3f}", word, f"{confidence:.4f}"]
        for utterance, words in said
        for start, end, word, confidence in words
    )
    write_rows(path, rows)
