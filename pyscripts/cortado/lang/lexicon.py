"""Pronunciation lexicons: Kaldi's lexicon.txt (word, phones) and lexiconp.txt (word, probability, phones)."""

from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from cortado.errors import DataError
from cortado.lang.rows import read_rows, write_rows


class Pronunciation(NamedTuple):
    """One way to say a word; `probability` in (0, 1] is relative to the word's likeliest way, which often has 1."""

    word: str
    probability: float
    phones: tuple[str, ...]


def read_lexicon(path: str | Path) -> list[Pronunciation]:
    """The pronunciations in file order. The file holds probabilities if its name begins with "lexiconp"; else they are 1.

    Raises DataError with the line for a word without phones, a probability outside (0, 1], and a pronunciation that a word has twice.
    """
    with_probabilities = Path(path).name.startswith("lexiconp")
    lexicon: list[Pronunciation] = []
    seen: set[tuple[str, ...]] = set()
    for number, (word, *phones) in read_rows(path):
        probability = _probability(phones.pop(0) if phones else "nothing", path, number) if with_probabilities else 1.0
        if not phones:
            raise DataError(path, f"word {word} has no phones", number)
        if (word, *phones) in seen:
            raise DataError(path, f"word {word} has the pronunciation '{' '.join(phones)}' twice", number)
        seen.add((word, *phones))
        lexicon.append(Pronunciation(word, probability, tuple(phones)))
    return lexicon


def write_lexicon(path: str | Path, lexicon: Iterable[Pronunciation]) -> None:
    """The inverse of read_lexicon, in the given order: with probabilities if the file's name begins with "lexiconp"."""
    with_probabilities = Path(path).name.startswith("lexiconp")
    write_rows(path, ((word, probability, *phones) if with_probabilities else (word, *phones) for word, probability, phones in lexicon))


def _probability(text: str, path: str | Path, line: int) -> float:
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value <= 1:
        raise DataError(path, f"expected a probability above 0 and up to 1 behind the word, found {text}", line)
    return value
