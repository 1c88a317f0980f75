"""The plan of the mini speaker corpus: who, what and when; and that its recordings are a fair task."""

import itertools

import kaldi_native_fbank
import numpy as np
import pytest

from cortado.errors import CortadoError
from cortado.synth import SAMPLE_RATE, Plan
from cortado.synth.speakers import VARIANTS, set_level

PLAN = Plan()


@pytest.fixture(scope="module")
def recordings() -> list:
    """(utterance, samples) of all test utterances of the default plan."""
    speakers = [speaker for speaker in PLAN.speakers() if speaker.subset == "test"]
    return [(utterance, PLAN.render(utterance)) for speaker in speakers for utterance in PLAN.utterances(speaker)]


def utterances_of(subset: str) -> list:
    return [utterance for speaker in PLAN.speakers() if speaker.subset == subset for utterance in PLAN.utterances(speaker)]


def features(samples: np.ndarray, extractor, options) -> np.ndarray:
    options.frame_opts.dither = 0
    computer = extractor(options)
    computer.accept_waveform(SAMPLE_RATE, samples * 32768)
    computer.input_finished()
    return np.stack([computer.get_frame(i) for i in range(computer.num_frames_ready)])


def eer_between_sessions(vectors: np.ndarray, utterances: list) -> float:
    """Percent, of cosine scores of all pairs but those within a session, each dimension first scaled to unit variance."""
    vectors = (vectors - vectors.mean(0)) / vectors.std(0)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    pairs = [
        (a, b) for a, b in itertools.combinations(range(len(utterances)), 2) if utterances[a].session_name != utterances[b].session_name
    ]
    scores = np.array([vectors[a] @ vectors[b] for a, b in pairs])
    is_target = np.array([utterances[a].speaker == utterances[b].speaker for a, b in pairs])[np.argsort(-scores)]
    misses, false_alarms = 1 - np.cumsum(is_target) / is_target.sum(), np.cumsum(~is_target) / (~is_target).sum()
    crossing = np.argmin(np.abs(misses - false_alarms))
    return 50 * (misses[crossing] + false_alarms[crossing])


def test_at_least_forty_voices_say_twenty_sentences():
    assert len(PLAN.speakers()) >= 40
    assert len({speaker.voice for speaker in PLAN.speakers()}) == len(PLAN.speakers())
    assert all(len(list(PLAN.utterances(speaker))) >= 20 for speaker in PLAN.speakers())


def test_subsets_share_no_speaker_no_variant_and_no_sentence():
    train, test = utterances_of("train"), utterances_of("test")
    for what in (lambda u: u.speaker.name, lambda u: u.speaker.voice.variant, lambda u: u.text, lambda u: u.name):
        assert not set(map(what, train)) & set(map(what, test))


def test_names_sort_by_speaker_and_are_given_once():
    names = [utterance.name for subset in ("train", "test") for utterance in utterances_of(subset)]
    assert len(set(names)) == len(names) == 20 * len(PLAN.speakers())
    assert names == sorted(names)


def test_every_subset_has_as_many_women_as_men_and_every_session_sentences():
    for subset in ("train", "test"):
        speakers = [speaker for speaker in PLAN.speakers() if speaker.subset == subset]
        assert sum(speaker.gender == "f" for speaker in speakers) * 2 == len(speakers)
        sessions = [utterance.session_name for utterance in utterances_of(subset)]
        assert {sessions.count(name) for name in sessions} == {5} and len(set(sessions)) == 4 * len(speakers)


def test_no_variant_serves_two_subsets_or_genders():
    names = [name for variants in VARIANTS.values() for name in variants]
    assert len(set(names)) == len(names)


def test_a_recording_does_not_depend_on_those_made_before(recordings):
    for place in (250, 3):
        utterance, samples = recordings[place]
        np.testing.assert_array_equal(PLAN.render(utterance), samples)


def test_the_seed_draws_everything():
    other = Plan(seed=2)
    assert all(a.voice != b.voice for a, b in zip(PLAN.speakers(), other.speakers(), strict=True))
    assert not {u.text for u in PLAN.utterances(PLAN.speakers()[0])} & {u.text for u in other.utterances(other.speakers()[0])}


def test_recordings_are_of_speech_length_and_level_and_never_clip(recordings):
    seconds = np.array([len(samples) / SAMPLE_RATE for _, samples in recordings])
    levels = np.array([10 * np.log10(np.mean(samples**2)) for _, samples in recordings])
    assert seconds.min() >= 1.5 and seconds.max() <= 5
    assert levels.min() > -35 and levels.max() < -19 and levels.std() > 2
    assert max(np.abs(samples).max() for _, samples in recordings) < 0.91


def test_the_task_is_neither_trivial_nor_hopeless(recordings):
    """Mean and deviation of MFCC, the plainest of systems, without training."""
    vectors = []
    for _, samples in recordings:
        mfcc = features(samples, kaldi_native_fbank.OnlineMfcc, kaldi_native_fbank.MfccOptions())[:, 1:]
        vectors.append(np.concatenate([mfcc.mean(0), mfcc.std(0)]))
    assert 5 < eer_between_sessions(np.stack(vectors), [utterance for utterance, _ in recordings]) < 35


def test_the_background_does_not_give_the_speaker_away(recordings):
    """The quietest tenth of the frames: room and noise, drawn by utterance. Chance is 50 %."""
    vectors = []
    for _, samples in recordings:
        fbank = features(samples, kaldi_native_fbank.OnlineFbank, kaldi_native_fbank.FbankOptions())
        loudness = fbank.mean(1)
        vectors.append(fbank[loudness <= np.quantile(loudness, 0.1)].mean(0))
    assert eer_between_sessions(np.stack(vectors), [utterance for utterance, _ in recordings]) > 35


@pytest.mark.parametrize("sizes", [(1, 4, 8, 2), (4, 1, 8, 2), (4, 4, 8, 1), (4, 4, 3, 4)])
def test_a_plan_without_trials_between_sessions_is_refused(sizes):
    with pytest.raises(CortadoError):
        Plan(*sizes)


def test_the_level_is_met_unless_the_peak_forbids_it():
    samples = np.random.default_rng(5).standard_normal(SAMPLE_RATE).astype(np.float32)
    assert 10 * np.log10(np.mean(set_level(samples, -30) ** 2)) == pytest.approx(-30, abs=1e-3)
    samples[0] = 100
    assert np.abs(set_level(samples, -10)).max() == pytest.approx(0.9, abs=1e-6)


def test_a_session_has_one_microphone_and_another_session_another(monkeypatch):
    gains = []

    def random_eq(samples, rate, rng, std_db):
        gains.append(rng.normal(0, std_db, 6))
        return samples

    monkeypatch.setattr("cortado.synth.speakers.random_eq", random_eq)
    utterances = list(PLAN.utterances(PLAN.speakers()[0]))
    for utterance in (utterances[0], utterances[4], utterances[5]):
        PLAN.render(utterance)
    assert utterances[4].session == 1 and utterances[5].session == 2
    np.testing.assert_array_equal(gains[0], gains[1])
    assert not np.array_equal(gains[0], gains[2])
