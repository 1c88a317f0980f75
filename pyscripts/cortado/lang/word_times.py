"""Which phones of an aligned utterance belong to which of its words."""

from collections.abc import Collection, Sequence
from typing import NamedTuple

from cortado.errors import CortadoError
from cortado.lang.lang import Lang


class WordSpan(NamedTuple):
    """The phones number `first` to `end` - 1 of an utterance are those of `word`."""

    word: int
    first: int
    end: int


class WordFinder:
    """Finds the words of a transcript in its phones, by the lexicon and with one silence or none before, between and behind them."""

    def __init__(self, lang: Lang):
        self._silence = lang.optional_silence
        self._ways: dict[int, list[tuple[int, ...]]] = {}
        for entry in lang.pronunciations:
            self._ways.setdefault(entry.word, []).append(entry.phones)

    def find(self, phones: Sequence[int], words: Sequence[int]) -> list[WordSpan]:
        """The span of each word, in order. Raises CortadoError when `phones` are not a way to say `words`."""
        phones = tuple(phones)
        starts_by_end: list[dict[int, int]] = []  # for each word: where it may end, and where it then begins
        ends: Collection[int] = {0}
        for word in words:
            starts = self._with_silence(phones, ends)
            ways = self._ways.get(word, [])
            ends = {start + len(way): start for start in starts for way in ways if phones[start : start + len(way)] == way}
            starts_by_end.append(ends)
        if len(phones) not in self._with_silence(phones, ends):
            raise CortadoError("its phones are not those of its words, with silences between them, by this lexicon")
        return _trace_back(words, starts_by_end, len(phones))

    def _with_silence(self, phones: tuple[int, ...], ends: Collection[int]) -> set[int]:
        """`ends`, and the places behind a silence there."""
        return {*ends, *(end + 1 for end in ends if phones[end : end + 1] == (self._silence,))}


def _trace_back(words: Sequence[int], starts_by_end: list[dict[int, int]], place: int) -> list[WordSpan]:
    """From the end of the utterance, where a word ends at `place` or one silence before it."""
    spans = []
    for word, starts in zip(reversed(words), reversed(starts_by_end), strict=True):
        end = place if place in starts else place - 1
        place = starts[end]
        spans.append(WordSpan(word, place, end))
    return spans[::-1]
