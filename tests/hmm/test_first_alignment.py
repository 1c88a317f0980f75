"""First alignments: silence where the energy is low, words spread over the rest; shorter utterances fall back, the shortest have none."""

import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent))
from small_speech import SIL, lexicon

from cortado.errors import CortadoError
from cortado.hmm.alignment import phone_segments
from cortado.hmm.first_alignment import MARGIN, FirstAligner, find_speech
from cortado.hmm.topology import FINAL_STATE, HmmState, Topology, make_topology
from cortado.hmm.transition_model import TransitionModel
from cortado.hmm.tree import monophone_tree


@pytest.fixture
def model() -> TransitionModel:
    topology = make_topology(range(2, 10), [1])
    return TransitionModel.from_tree(monophone_tree([[phone] for phone in range(1, 10)], topology), topology)


def energy(*parts: tuple[float, int]) -> np.ndarray:
    """(level, frames) after another, with a little noise."""
    levels = np.concatenate([np.full(count, level) for level, count in parts])
    return levels + 0.1 * np.random.default_rng(0).normal(size=len(levels))


def test_speech_is_found_between_pauses_and_short_gaps_are_no_pauses():
    spans = find_speech(energy((0, 50), (10, 60), (0, 15), (10, 60), (0, 60), (10, 80), (0, 40)))
    assert len(spans) == 2
    np.testing.assert_allclose(spans, [(50, 185), (245, 325)], atol=MARGIN + 3)


def test_frames_go_to_silence_where_it_is_quiet_and_words_share_the_rest(model):
    aligner = FirstAligner(lexicon(), model, seed=0)
    tids = aligner.align("u", [1, 4, 1], energy((0, 40), (10, 60), (0, 50), (10, 40), (0, 30)))
    segments = phone_segments(tids, model)
    assert segments.phones.tolist() == [SIL, 2, 3, 9, SIL, 2, 3, SIL]  # words 1 and 4, a pause, word 1
    np.testing.assert_allclose(segments.starts[[1, 4, 5, 7]], [40, 100, 150, 190], atol=MARGIN + 3)
    np.testing.assert_allclose(segments.num_frames[1:4], np.full(3, 60 / 3), atol=4)


def test_a_click_before_the_speech_is_silence_to_it(model):
    tids = FirstAligner(lexicon(), model, seed=0).align("u", [1, 2], energy((0, 40), (10, 4), (0, 50), (10, 100), (0, 30)))
    segments = phone_segments(tids, model)
    assert segments.phones.tolist() == [SIL, 2, 3, 2, 4, 5, SIL] and 80 < segments.starts[1] < 100


def test_every_state_is_passed_once_in_its_order(model):
    tids = FirstAligner(lexicon(), model, seed=0).align("u", [2], energy((0, 20), (10, 30), (0, 20)))
    leaving = tids[~model.tid_is_self_loop[tids]]
    assert list(zip(model.tid_to_phone[leaving].tolist(), model.tid_to_hmm_state[leaving].tolist(), strict=True)) == [
        (phone, state) for phone, count in ((SIL, 5), (2, 3), (4, 3), (5, 3), (SIL, 5)) for state in range(count)
    ]


def test_without_room_for_silence_the_words_take_all_and_too_short_is_none(model):
    aligner = FirstAligner(lexicon(), model, seed=0)
    tids = aligner.align("u", [1], energy((0, 3), (10, 4), (0, 2)))
    assert phone_segments(tids, model).phones.tolist() == [2, 3] and len(tids) == 9
    assert aligner.align("u", [1], np.zeros(5)) is None
    assert SIL not in model.tid_to_phone[FirstAligner(lexicon(0.0), model, seed=0).align("u", [1], energy((0, 30), (10, 40)))]


def test_the_pronunciation_depends_on_seed_and_name_alone(model):
    def first_phones(seed):
        aligner = FirstAligner(lexicon(0.0), model, seed)
        return [int(model.tid_to_phone[aligner.align(f"u{i}", [3], np.ones(30))[0]]) for i in range(40)]

    assert set(first_phones(0)) == {6, 8} and first_phones(0) == first_phones(0) != first_phones(1)


def test_a_topology_whose_states_do_not_follow_each_other_is_refused():
    entry = (
        HmmState.emitting(0, [(0, 0.5), (2, 0.5)]),
        HmmState.emitting(1, [(1, 0.5), (3, 0.5)]),
        HmmState.emitting(2, [(2, 0.5), (1, 0.5)]),
    )
    topology = Topology(((*entry, FINAL_STATE),), {1: 0})
    transitions = TransitionModel.from_tree(monophone_tree([[1]], topology), topology)
    with pytest.raises(CortadoError, match="topology of phone 1: state 0 does not lead to the next"):
        FirstAligner(lexicon(), transitions, seed=0)
