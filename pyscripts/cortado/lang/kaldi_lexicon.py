"""The lexicon of a lang folder that Kaldi made: such a folder has no lexiconp.txt, but L.fst knows pronunciations and probabilities.

L.fst is that of Kaldi's make_lexicon_fst.py (or its older .pl, which begins otherwise): words lead from the final state, where words
enter, back to it, and to a state from which the optional silence leads there. A cost is -ln of a probability, of the word's way and of
silence or none.
"""

import math
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import kaldifst

from cortado.errors import DataError
from cortado.lang.files import WordPhones
from cortado.lang.symbols import SymbolTable

_DIGITS = 6  # of a cost survive float32
_MOST_PHONES = 1000  # of a word: beyond, there is a loop


class _Arc(NamedTuple):
    phone: int
    word: int
    cost: float
    state: int


class LexiconFst:
    """Reads L.fst. Raises DataError for what is no such transducer, also where each word has a silence probability of its own."""

    def __init__(self, path: Path, words: SymbolTable, phones: SymbolTable, optional_silence: int):
        self._path, self._words, self._phones = path, words, phones
        fst = _read(path)
        finals = [state for state in range(fst.num_states) if math.isfinite(float(fst.final(state).value))]
        if len(finals) != 1:
            raise DataError(
                path,
                f"has {len(finals)} final states instead of one, as where each word has its own probability of silence "
                "(lexiconp_silprob.txt), which cannot be used here; make the folder from lexiconp.txt: utils/prepare_lang.sh",
            )
        self._hub = finals[0]
        self._arcs = [
            [_Arc(arc.ilabel, arc.olabel, float(arc.weight.value), arc.nextstate) for arc in kaldifst.ArcIterator(fst, state)]
            for state in range(fst.num_states)
        ]
        self._no_silence_cost = self._find_no_silence_cost(fst.start)
        has_silence, silence = fst.start != self._hub, [_Arc(optional_silence, 0, 0.0, self._hub)]
        self._silences = {state for state, arcs in enumerate(self._arcs) if has_silence and arcs == silence}

    @property
    def sil_prob(self) -> float:
        """The probability of silence between two words."""
        return round(-math.expm1(-self._no_silence_cost), _DIGITS)

    def pronunciations(self) -> list[WordPhones]:
        """In the order of words and of their phones."""
        entries = []
        for word, phones, cost in self._ways():
            log_prob = round(self._no_silence_cost - cost, _DIGITS) + 0.0  # no -0.0
            if log_prob > 0:
                said = f"{self._words.symbol(word)} costs {cost:g}, less than the {self._no_silence_cost:g} of no silence behind it"
                raise DataError(self._path, f"{said}: its probability would be above 1")
            entries.append(WordPhones(word, log_prob, phones))
        return sorted(entries, key=lambda entry: (entry.word, entry.phones))

    def _find_no_silence_cost(self, start: int) -> float:
        if start == self._hub:
            return 0.0
        costs = [arc.cost for arc in self._arcs[start] if (arc.phone, arc.word, arc.state) == (0, 0, self._hub)]
        if len(costs) != 1:
            raise DataError(self._path, "has no way without silence from its first state to where words enter")
        return costs[0]

    def _ways(self) -> Iterator[tuple[int, tuple[int, ...], float]]:
        """(word, phones, cost) of each way from the hub back to it, without silence behind it."""
        stack = [(self._hub, 0, (), 0.0)]
        while stack:
            state, word, phones, cost = stack.pop()
            for arc in self._arcs[state]:
                if arc.state in self._silences:
                    continue
                said = word or arc.word, (*phones, arc.phone), cost + arc.cost
                self._check(arc, word, said[0], len(said[1]))
                if arc.state == self._hub:
                    yield said
                else:
                    stack.append((arc.state, *said))

    def _check(self, arc: _Arc, before: int, word: int, num_phones: int) -> None:
        if not word or (before and arc.word):
            raise DataError(self._path, f"has a way without a word, or of two words, at phone {arc.phone}")
        if not self._words.has_number(word) or not self._phones.has_number(arc.phone) or not arc.phone:
            raise DataError(self._path, f"has word {word} with phone {arc.phone}; words.txt or phones.txt do not have both")
        if num_phones > _MOST_PHONES:
            raise DataError(self._path, f"has a loop within the word {self._words.symbol(word)}")


def _read(path: Path) -> kaldifst.StdVectorFst:
    if not path.is_file():
        raise DataError(path.parent, "has neither lexiconp.txt, as utils/prepare_lang.sh makes it, nor L.fst, as Kaldi does")
    fst = kaldifst.StdVectorFst.read(str(path))  # None where it cannot be read
    if fst is None or fst.num_states == 0:
        raise DataError(path, "cannot be read as an OpenFst vector transducer, or is empty")
    return fst
