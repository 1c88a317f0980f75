"""An aligned utterance as intervals: its words, phones and states."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from cortado.hmm.alignment import phone_segments
from cortado.hmm.transition_model import TransitionModel
from cortado.lang import Lang
from cortado.lang.word_times import WordFinder


class Interval(NamedTuple):
    """Frames `start` to `end` - 1 and what is in them."""

    start: int
    end: int
    label: str


class State(NamedTuple):
    """A stay in a state of a phone's HMM: frames `start` to `end` - 1."""

    start: int
    end: int
    hmm_state: int
    pdf: int


class AlignedUtterance(NamedTuple):
    """`words`: without silences, as in the transcript; `phones`: one after another, over all frames; `states` too."""

    words: list[Interval]
    phones: list[Interval]
    states: list[State]

    @property
    def num_frames(self) -> int:
        return self.phones[-1].end


def divide(tids: np.ndarray, text: Sequence[str], transitions: TransitionModel, lang: Lang, finder: WordFinder) -> AlignedUtterance:
    """The words of `text`, the phones and the states of an alignment, (num_frames,) transition ids.

    Raises CortadoError where the phones are not those of the words.
    """
    segments = phone_segments(tids, transitions)
    starts = [*segments.starts.tolist(), len(tids)]
    phones = [Interval(starts[i], starts[i + 1], lang.phones.symbol(phone)) for i, phone in enumerate(segments.phones.tolist())]
    spans = finder.find(segments.phones.tolist(), lang.word_numbers(text))
    words = [Interval(starts[span.first], starts[span.end], word) for word, span in zip(text, spans, strict=True)]
    return AlignedUtterance(words, phones, _states(tids, segments.starts, transitions))


def _states(tids: np.ndarray, phone_starts: np.ndarray, transitions: TransitionModel) -> list[State]:
    states = transitions.tid_to_state[tids]
    begins = np.zeros(len(tids), bool)
    begins[phone_starts] = True
    begins[1:] |= states[1:] != states[:-1]
    starts = np.flatnonzero(begins)
    ends = np.append(starts[1:], len(tids))
    first = tids[starts]
    columns = (starts, ends, transitions.tid_to_hmm_state[first], transitions.tid_to_pdf[first])
    return [State(*row) for row in zip(*(column.tolist() for column in columns), strict=True)]
