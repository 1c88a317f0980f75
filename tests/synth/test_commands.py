"""The recognition corpus: one pronunciation a word, times that follow each other, and speakers and sentences kept apart."""

from collections import defaultdict
from itertools import pairwise

import numpy as np
import pytest

from cortado.errors import CortadoError
from cortado.synth import SAMPLE_RATE, synthesise
from cortado.synth.commands import CommandPlan, spoken_phones, word_times
from cortado.synth.sentences import COMMANDS

PLAN = CommandPlan()


@pytest.fixture(scope="module")
def recordings() -> list:
    """(utterance, recording) of some sentences of every speaker of the default plan."""
    chosen = [utterance for speaker in PLAN.speakers() for utterance in list(PLAN.utterances(speaker))[:8]]
    return [(utterance, PLAN.render(utterance)) for utterance in chosen]


def test_every_word_is_said_in_one_way_by_everyone(recordings):
    """So the lexicon has one pronunciation a word, and errors of phone boundaries are well defined."""
    ways = defaultdict(set)
    for _, recording in recordings:
        for word in recording.words:
            ways[word.label].add(tuple(phone.label for phone in recording.phones if phone.word == word.word))
    assert set(ways) == {word for choices in COMMANDS.values() for word in choices}
    assert {word: own for word, own in ways.items() if len(own) > 1} == {}


def test_words_and_phones_follow_each_other_within_the_recording(recordings):
    for utterance, recording in recordings:
        assert [word.label for word in recording.words] == utterance.text.split()
        assert all(phone.end - phone.start > 0.01 for phone in recording.phones)
        assert all(a.end <= b.start + 1e-9 for units in (recording.words, recording.phones) for a, b in pairwise(units))
        assert recording.words[0].start >= 0.1 and recording.words[-1].end < len(recording.samples) / SAMPLE_RATE


def test_recordings_are_two_to_four_seconds_and_never_clip(recordings):
    seconds = np.array([len(recording.samples) / SAMPLE_RATE for _, recording in recordings])
    assert seconds.min() > 1.8 and seconds.max() < 4.5 and 2 < np.median(seconds) < 3.5
    assert max(np.abs(recording.samples).max() for _, recording in recordings) < 0.91


def test_a_recording_does_not_depend_on_those_made_before(recordings):
    utterance, recording = recordings[50]
    np.testing.assert_array_equal(PLAN.render(utterance).samples, recording.samples)


def test_subsets_share_no_speaker_no_variant_and_no_sentence():
    seen = defaultdict(set)
    for speaker in PLAN.speakers():
        for utterance in PLAN.utterances(speaker):
            for what in (speaker.name, speaker.voice.variant, utterance.text, utterance.name):
                seen[what].add(speaker.subset)
    assert all(len(subsets) == 1 for subsets in seen.values())


def test_the_seed_draws_everything():
    other = CommandPlan(seed=2)
    assert all(a.voice != b.voice for a, b in zip(PLAN.speakers(), other.speakers(), strict=True))


def test_words_that_are_spoken_as_one_are_refused():
    speech = synthesise("boats in the dark", PLAN.speakers()[0].voice)
    with pytest.raises(CortadoError, match="speaks 'boats in the dark' as 3 words, not 4"):
        word_times(spoken_phones(speech.phones, 0.0), "boats in the dark")


def test_a_nasal_before_a_vowel_keeps_its_own_time():
    """The library announces the next word at the nasal's start."""
    speech = synthesise("green owls", PLAN.speakers()[1].voice)
    assert [(phone.label.lstrip("'"), phone.word) for phone in speech.phones][2:5] == [("i:", 0), ("n", 0), ("aU", 1)]
    nasal = speech.phones[3]
    assert 0.03 < nasal.end - nasal.start < 0.15


def test_a_plan_without_speakers_or_sentences_is_refused():
    for sizes in ((0, 1, 1, 1), (1, 0, 1, 1), (1, 1, 0, 1), (1, 1, 1, 0)):
        with pytest.raises(CortadoError, match="at least one speaker"):
            CommandPlan(*sizes)
