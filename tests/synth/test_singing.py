"""Synthetic singing: it has the pitch that is said, singers and days differ as they should, and the same seed gives the same samples."""

import numpy as np
import parselmouth
import pytest
from scipy.signal import fftconvolve

from cortado.errors import CortadoError
from cortado.synth.singer_performance import CONTROL_HOP, CONTROL_RATE, SAMPLE_RATE, Tracks, perform
from cortado.synth.singer_songs import SCALE, Note, draw_song
from cortado.synth.singer_voice import FFT, _buzz, _response, _through_tract, draw_tract, sing
from cortado.synth.singing import F0_HOP, SingingPlan, draw_manner

PLAN = SingingPlan(num_singers=3, recordings_per_singer=3, num_songs=2, phrases_per_song=1)
HELD = [[Note(4, 8, 0, False)]]  # one long note


@pytest.fixture(scope="module")
def sung():
    """Recording -> what was rendered."""
    return {take.name: PLAN.render(take) for singer in PLAN.singers() for take in PLAN.takes(singer)}


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def test_an_independent_tracker_finds_the_pitch_that_is_said(sung):
    """Praat's autocorrelation, on the frames that it and we take for voiced."""
    for name, recording in sung.items():
        pitch = parselmouth.Sound(recording.samples.astype(float), SAMPLE_RATE).to_pitch_ac(time_step=0.01, pitch_floor=110)
        frames = np.rint(pitch.xs() * SAMPLE_RATE / F0_HOP).astype(int)
        found, said = pitch.selected_array["frequency"], recording.f0[frames]
        both = (found > 0) & (said > 0)
        cents = 1200 * np.abs(np.log2(found[both] / said[both]))
        assert both.sum() > 0.9 * (said > 0).sum() and np.median(cents) < 8 and np.mean(cents < 50) > 0.9, name


def test_the_buzz_is_the_sum_of_its_harmonics():
    f0 = np.linspace(150, 300, 2000)
    phase, ratio = 2 * np.pi * np.cumsum(f0) / SAMPLE_RATE, np.exp(-f0 / 5000)
    harmonics = [ratio**h * np.cos(h * phase) for h in range(1, 500)]
    np.testing.assert_allclose(_buzz(f0, 5000.0), np.sum(harmonics, axis=0) * np.sqrt(1 - ratio**2) / ratio, atol=1e-5)
    assert np.mean(_buzz(np.full(44100, 200.0), 5000.0) ** 2) == pytest.approx(0.5, rel=1e-3)


def test_frames_put_through_a_tract_at_rest_are_a_convolution():
    tract = draw_tract(rng())
    source = rng().standard_normal(8000).astype(np.float32)
    vowels = np.tile(np.eye(5)[0], (8000 // CONTROL_HOP, 1))
    impulse = np.fft.irfft(_response(tract.formants[:1], tract)[0], FFT)
    np.testing.assert_allclose(_through_tract(source, vowels, tract), fftconvolve(source, impulse)[:8000], atol=0.01)


def test_a_vowel_rings_at_its_formants():
    tract = draw_tract(rng())
    for vowel in tract.formants:
        response = np.abs(_response(vowel[None], tract)[0])
        at = np.rint(vowel * FFT / SAMPLE_RATE).astype(int)
        assert all(response[place] > 0.9 * response[max(place - 3, 0) : place + 4].max() for place in at[1:3])


def test_a_held_note_has_the_vibrato_of_its_singer():
    for seed in range(5):
        manner = draw_manner(rng(seed))
        tracks = perform(HELD, manner, 0.0, 1.0, rng(seed))
        cents = tracks.cents[tracks.voiced][round(0.6 * CONTROL_RATE) : round(1.6 * CONTROL_RATE)]
        spectrum = np.abs(np.fft.rfft((cents - cents.mean()) * np.hanning(len(cents)), 1 << 14))
        rate = spectrum.argmax() * CONTROL_RATE / (1 << 14)
        assert rate == pytest.approx(manner.vibrato_rate, rel=0.12)
        assert 2 * spectrum.max() / np.hanning(len(cents)).sum() == pytest.approx(manner.vibrato_extent, rel=0.35)


def test_pitch_lies_on_the_scale_of_the_key_where_notes_are_held():
    manner = draw_manner(rng())
    tracks = perform(HELD, manner, 150.0, 1.0, rng())
    assert np.median(tracks.cents[tracks.voiced]) == pytest.approx(manner.tonic + 150 + SCALE[4], abs=50)


def test_nothing_is_voiced_in_consonants_and_rests():
    song = [[Note(3, 2, 0, False), Note(2, 2, 1, True), Note(0, 4, 2, False)]] * 2
    tracks = perform(song, draw_manner(rng()), 0.0, 1.0, rng())
    changes = np.flatnonzero(np.diff(tracks.voiced.astype(int)))
    assert len(changes) == 2 * 4  # each phrase begins, has a consonant, and ends
    assert (tracks.voice[~tracks.voiced] == 0).all() and (tracks.hiss[tracks.voiced] == 0).all()
    assert (tracks.f0[~tracks.voiced] == 0).all() and (tracks.f0[tracks.voiced] > 0).all()


def test_there_is_a_pitch_for_every_256th_sample(sung):
    for recording in sung.values():
        assert len(recording.f0) == -(-len(recording.samples) // F0_HOP) and recording.f0.dtype == recording.samples.dtype == np.float32
        assert np.abs(recording.samples).max() < 1


def test_all_singers_sing_the_same_songs_and_no_recording_sounds_like_another():
    takes = [take for singer in PLAN.singers() for take in PLAN.takes(singer)]
    assert [take.song for take in takes] == [0, 1, 0] * 3
    assert all(len({getattr(take, what) for take in takes}) == len(takes) for what in ("key", "pace", "t60", "snr"))
    assert PLAN.song(0) == PLAN.song(0) != PLAN.song(1)


def test_two_takes_of_a_song_are_its_melody_in_another_key(sung):
    first, _, again = PLAN.takes(PLAN.singers()[0])
    middles = [np.median(1200 * np.log2(f0[f0 > 0])) for f0 in (sung[take.name].f0 for take in (first, again))]
    assert middles[1] - middles[0] == pytest.approx(again.key - first.key, abs=120)


def test_a_singer_sounds_the_same_at_another_pitch_and_others_do_not():
    """Spectral envelopes of one vowel in steps of an octave's sixth, in dB, above 500 Hz."""

    def envelope(singer, cents):
        num_frames = 400
        vowels = np.tile(np.eye(5)[1], (num_frames, 1))
        tracks = Tracks(np.full(num_frames, cents), np.ones(num_frames, bool), vowels, np.ones(num_frames), np.zeros(num_frames))
        power = np.abs(np.fft.rfft(sing(tracks, singer.tract, rng()))) ** 2
        edges = np.geomspace(500, 5000, 20) * (2 * len(power)) / SAMPLE_RATE
        bands = 10 * np.log10(np.add.reduceat(power, edges.astype(int))[:-1])
        return bands - bands.mean()

    low, high = ([envelope(singer, cents) for singer in PLAN.singers()] for cents in (1500.0, 1700.0))
    distance = np.array([[np.abs(a - b).mean() for b in high] for a in low])
    assert (distance.argmin(axis=1) == np.arange(3)).all()


def test_the_same_seed_gives_the_same_samples_and_another_one_others(sung):
    take = PLAN.takes(PLAN.singers()[2])[1]
    np.testing.assert_array_equal(PLAN.render(take).samples, sung[take.name].samples)
    other = SingingPlan(seed=2)
    assert other.song(0) != PLAN.song(0) and other.singers()[0].manner != PLAN.singers()[0].manner


def test_more_recordings_leave_those_there_are_as_they_were(sung):
    larger = SingingPlan(num_singers=4, recordings_per_singer=4, num_songs=2, phrases_per_song=1)
    take = larger.takes(larger.singers()[1])[2]
    np.testing.assert_array_equal(larger.render(take).samples, sung[take.name].samples)


def test_a_phrase_ends_on_a_long_tonic():
    for phrase in draw_song(20, rng()):
        assert 5 <= len(phrase) <= 8 and phrase[-1].degree == 0 and phrase[-1].beats == 4 and not phrase[0].consonant


@pytest.mark.parametrize(
    "sizes, wrong",
    [
        ({"num_singers": 1}, "2 singers"),
        ({"recordings_per_singer": 1}, "2 recordings"),
        ({"num_songs": 0}, "1 song"),
        ({"phrases_per_song": 0}, "1 phrase"),
    ],
)
def test_a_corpus_that_is_too_small_is_refused(sizes, wrong):
    with pytest.raises(CortadoError, match=wrong):
        SingingPlan(**sizes)
