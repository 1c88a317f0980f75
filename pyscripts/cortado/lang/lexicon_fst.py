"""L, the lexicon as a transducer from phones to words with optional silence between them, and L_disambig, which can be determinised.

State 0 is the start; words leave and enter state 1, the only final one. After each word, and at the start, the way to state 1 is
direct or through state 2 and the silence phone. Weights are natural logarithms with their signs turned, as in Kaldi's make_lexicon_fst.py.
"""

import math
from typing import NamedTuple

import numpy as np

from cortado.lang.disambiguation import disambiguation_numbers
from cortado.lang.lang import Lang


class LexiconArcs(NamedTuple):
    """Arcs (num_arcs,), in no particular order: int32 labels and states, float32 weights. The start is state 0."""

    src: np.ndarray
    ilabel: np.ndarray  # phones
    olabel: np.ndarray  # words
    weight: np.ndarray
    dst: np.ndarray
    final: int  # the final state, of weight 0
    num_states: int


def lexicon_fst(lang: Lang, disambig: bool) -> LexiconArcs:
    """L, or with `disambig` L_disambig: pronunciations end in #k where they must, silence in the last disambiguation phone, and the loop
    #0:#0 at state 1 lets the backoff symbols of the grammar through.
    """
    builder = _Builder(lang, disambig)
    numbers = disambiguation_numbers([entry.phones for entry in lang.pronunciations]) if disambig else [0] * len(lang.pronunciations)
    for (word, log_prob, phones), number in zip(lang.pronunciations, numbers, strict=True):
        builder.add_word(word, -log_prob, [*phones, *([lang.disambig_phones[number]] if number else [])])
    return builder.finish()


class _Builder:
    """Collects arcs. Without optional silence (sil_prob 0) the start is also the state of the words."""

    def __init__(self, lang: Lang, disambig: bool):
        self.arcs: list[tuple[int, int, int, float, int]] = []  # src, ilabel, olabel, weight, dst
        self.ends = [(0, 0.0)]  # where a word may end, and what it costs
        self.num_states = 1
        if lang.sil_prob:
            self._add_silence(lang, disambig)
        self.loop = self.ends[0][0]
        if disambig:
            self.arcs.append((self.loop, lang.disambig_phones[0], lang.word_disambig, 0.0, self.loop))

    def _add_silence(self, lang: Lang, disambig: bool) -> None:
        start, loop, silence = 0, 1, 2
        self.num_states = 3
        self.ends = [(loop, -math.log1p(-lang.sil_prob)), (silence, -math.log(lang.sil_prob))]
        self.arcs += [(start, 0, 0, cost, state) for state, cost in self.ends]
        after = self._new_state() if disambig else loop
        self.arcs.append((silence, lang.optional_silence, 0, 0.0, after))
        if disambig:
            self.arcs.append((after, lang.disambig_phones[-1], 0, 0.0, loop))

    def add_word(self, word: int, cost: float, phones: list[int]) -> None:
        """The word and its cost are on the first arc, the costs of silence and its absence on the last."""
        state, olabel = self.loop, word
        for phone in phones[:-1]:
            following = self._new_state()
            self.arcs.append((state, phone, olabel, cost, following))
            state, olabel, cost = following, 0, 0.0
        self.arcs += [(state, phones[-1], olabel, cost + end_cost, end) for end, end_cost in self.ends]

    def finish(self) -> LexiconArcs:
        src, ilabel, olabel, weight, dst = zip(*self.arcs, strict=True)
        labels = [np.array(column, np.int32) for column in (src, ilabel, olabel)]
        return LexiconArcs(*labels, np.array(weight, np.float32), np.array(dst, np.int32), self.loop, self.num_states)

    def _new_state(self) -> int:
        self.num_states += 1
        return self.num_states - 1
