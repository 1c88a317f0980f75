"""The alignment that training begins with, before there is a model: it decides how good the last one is.

Where the energy is low before, after and between words, frames go to the optional silence; within the speech, they are spread evenly
over the states of the words. Spread over the whole utterance instead, word boundaries of the trained model were wrong by 110 to
140 ms, with silence found by energy by 10 to 20 ms (median, GRID).
"""

import zlib
from collections.abc import Sequence

import numpy as np

from cortado.errors import CortadoError
from cortado.hmm.phone_graph import PronunciationTable
from cortado.hmm.transition_model import TransitionModel

SMOOTHING = 5  # frames on either side
QUIET, LOUD = 10, 95  # percentiles of the energy in an utterance
THRESHOLD = 0.4  # of the way from quiet to loud, above which there is speech
MARGIN = 3  # frames before and after that are taken as speech, too
MIN_PAUSE = 20  # frames that a pause between words has at the least; stops may be silent for 15

Span = tuple[int, int]  # first frame, and the one after the last


def find_speech(energy: np.ndarray) -> list[Span]:
    """The parts of an utterance that are speech, between pauses of at least MIN_PAUSE frames. energy: (num_frames,), of any scale."""
    padded = np.pad(energy, SMOOTHING, mode="edge")
    smooth = np.convolve(padded, np.full(2 * SMOOTHING + 1, 1 / (2 * SMOOTHING + 1)), "valid")
    quiet, loud = np.percentile(smooth, [QUIET, LOUD])
    speech = np.flatnonzero(smooth >= quiet + THRESHOLD * (loud - quiet))
    last_before_pause = np.flatnonzero(np.diff(speech) > MIN_PAUSE + 2 * MARGIN)
    starts = speech[np.append(0, last_before_pause + 1)] - MARGIN
    ends = speech[np.append(last_before_pause, -1)] + 1 + MARGIN
    return list(zip(np.maximum(starts, 0).tolist(), np.minimum(ends, len(energy)).tolist(), strict=True))


class FirstAligner:
    """Makes first alignments for a lexicon and a monophone model. Where a word has several pronunciations, one is drawn at random.

    Raises CortadoError for a topology in which a state does not lead to the next one.
    """

    def __init__(self, lexicon: PronunciationTable, transitions: TransitionModel, seed: int):
        self._lexicon, self._seed = lexicon, seed
        self._stay = transitions.self_loop_tid(np.arange(transitions.num_states))
        self._leave = _tids_to_next(transitions)
        self._states = {phone: np.flatnonzero(transitions.phones == phone) for phone in transitions.topology.phones}

    def align(self, utt: str, words: Sequence[int], energy: np.ndarray) -> np.ndarray | None:
        """Transition ids (num_frames,) int32 of the utterance with these `words`; None when it has fewer frames than states.

        energy: (num_frames,). The pronunciations drawn depend on the seed and the name of the utterance alone.
        """
        rng = np.random.default_rng([self._seed, zlib.crc32(utt.encode())])
        states_of_words = [self._states_of_word(word, rng) for word in words]
        for spans in self._ways_to_divide(find_speech(energy), len(energy)):
            segments = self._segments(states_of_words, spans, len(energy))
            if all(len(states) <= end - start for states, (start, end) in segments):
                return self._to_tids(np.concatenate([_spread(states, end - start) for states, (start, end) in segments]))
        return None

    def _states_of_word(self, word: int, rng: np.random.Generator) -> np.ndarray:
        pronunciation = rng.integers(self._lexicon.of_word[word], self._lexicon.of_word[word + 1])
        first, last = self._lexicon.of_pronunciation[pronunciation : pronunciation + 2]
        return np.concatenate([self._states[phone] for phone in self._lexicon.phones[first:last].tolist()])

    def _ways_to_divide(self, spans: list[Span], num_frames: int) -> list[list[Span]]:
        """From what the energy says to no silence at all: shorter utterances may only have room for the later ones."""
        whole = [(0, num_frames)]
        if np.isinf(self._lexicon.silence_cost):
            return [whole]
        return [spans, [(spans[0][0], spans[-1][1])], whole]

    def _segments(self, states_of_words: list[np.ndarray], spans: list[Span], num_frames: int) -> list[tuple[np.ndarray, Span]]:
        """What is said when: states and the span of frames they share, in order of time, silence in between."""
        silence = self._states[self._lexicon.silence]
        segments, end = [], 0
        for words, (start, next_end) in zip(_share_words(states_of_words, spans), spans, strict=True):
            if len(words):
                segments += [(silence, (end, start)), (words, (start, next_end))]
                end = next_end
        segments.append((silence, (end, num_frames)))
        return [(states, (start, end)) for states, (start, end) in segments if start < end]

    def _to_tids(self, states: np.ndarray) -> np.ndarray:
        """Reordered: the first frame in a state has the transition that leaves it, the others its loop."""
        is_first = np.append(True, states[1:] != states[:-1])
        return np.where(is_first, self._leave[states], self._stay[states]).astype(np.int32)


def _share_words(states_of_words: list[np.ndarray], spans: list[Span]) -> list[np.ndarray]:
    """Divide the words among the spans, at the boundaries where the share of states comes nearest the share of frames.

    A short sound, such as a click, gets no word.
    """
    states = np.cumsum([0, *(len(states) for states in states_of_words)])
    frames = np.cumsum([end - start for start, end in spans])
    cuts = np.abs(states / states[-1] - frames[:-1, None] / frames[-1]).argmin(1)
    parts = np.split(np.arange(len(states_of_words)), cuts)
    return [np.concatenate([np.zeros(0, np.int64), *(states_of_words[word] for word in part)]) for part in parts]


def _spread(states: np.ndarray, num_frames: int) -> np.ndarray:
    return states[np.arange(num_frames) * len(states) // num_frames]


def _tids_to_next(transitions: TransitionModel) -> np.ndarray:
    """(num_states,) int32: the transition id from each state to the next of its phone, or out of it."""
    to_next = np.flatnonzero(transitions.tid_to_next_hmm_state[1:] == transitions.tid_to_hmm_state[1:] + 1) + 1
    tids = np.zeros(transitions.num_states, np.int64)
    tids[transitions.tid_to_state[to_next]] = to_next
    if len(missing := np.flatnonzero(tids == 0)):
        state = missing[0]
        raise CortadoError(
            f"topology of phone {transitions.phones[state]}: state {transitions.hmm_states[state]} does not lead to the next"
        )
    return tids
