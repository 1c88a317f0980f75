"""Our tracker on SYNTHETIC singing of exactly known f0: mir_eval's measures, praat beside it, and what it must not depend on."""

import mir_eval
import numpy as np
import pytest
import soxr
from sung_signals import RATE

from cortado.pitch import Praat, SalienceTracker, tracker
from cortado.pitch.frames import HOP, count_frames
from cortado.pitch.spectral_peaks import CHUNK


def track(samples: np.ndarray, rate: int = RATE, **settings) -> np.ndarray:
    ours = SalienceTracker(**settings)
    return ours(soxr.resample(samples, rate, ours.rate), count_frames(len(samples), rate))


def measures(exact: np.ndarray, found: np.ndarray) -> tuple[float, float, float]:
    """Raw pitch accuracy at 50 cents, voicing recall, voicing false alarm."""
    times, other_times = (np.arange(len(f0)) * HOP / RATE for f0 in (exact, found))
    cents = mir_eval.melody.to_cent_voicing(times, exact, other_times, found)
    return (mir_eval.melody.raw_pitch_accuracy(*cents), *mir_eval.melody.voicing_measures(cents[0], cents[2]))


def mean_measures(songs, find) -> np.ndarray:
    return np.mean([measures(f0, find(samples)) for samples, f0 in songs.values()], axis=0)


def test_clean_singing_is_tracked_within_half_a_semitone_in_all_but_one_frame_of_two_hundred(clean):
    accuracy, recall, false_alarm = mean_measures(clean, track)
    assert accuracy > 0.995 and recall > 0.995 and false_alarm < 0.01


def test_singing_as_on_an_old_disc_is_tracked_as_well_as_by_praat(hard):
    accuracy, recall, false_alarm = mean_measures(hard, track)
    assert accuracy > 0.985 and recall > 0.99 and false_alarm < 0.03
    praat = Praat()
    theirs, _, _ = mean_measures(hard, lambda samples: praat(samples, count_frames(len(samples), RATE)))
    assert accuracy >= theirs


def test_f0_does_not_depend_on_the_pieces_that_a_long_recording_is_cut_into(clean, monkeypatch):
    samples = np.concatenate([samples for samples, _ in clean.values()])
    whole = track(samples)
    monkeypatch.setattr(tracker, "PIECE", 2 * CHUNK)
    np.testing.assert_array_equal(track(samples), whole)


def test_f0_does_not_depend_on_level_or_sampling_rate(clean):
    samples, _ = clean["alto"]
    f0 = track(samples)
    np.testing.assert_array_equal(track(samples / 256) > 0, f0 > 0)
    for rate in (16000, 48000):
        other = track(soxr.resample(samples, RATE, rate), rate)
        assert abs(len(other) - len(f0)) <= 1
        both = (other[: len(f0)] > 0) & (f0[: len(other)] > 0)
        assert both.sum() > 0.98 * (f0 > 0).sum()
        assert np.abs(1200 * np.log2(other[: len(f0)][both] / f0[: len(other)][both])).max() < 10


def test_noise_is_unvoiced_and_a_tone_has_its_frequency():
    rng = np.random.default_rng(0)
    assert not track(0.3 * rng.standard_normal(3 * RATE).astype(np.float32)).any()
    tone = track((0.5 * np.sin(2 * np.pi * 440 * np.arange(RATE) / RATE)).astype(np.float32))
    assert np.abs(1200 * np.log2(tone / 440)).max() < 5 and np.abs(1200 * np.log2(tone[5:-5] / 440)).max() < 0.1


@pytest.mark.parametrize(
    "settings",
    [
        {"min_f0": 30},
        {"min_f0": 500, "max_f0": 400},
        {"max_f0": 4000},
        {"decay": 1.1},
        {"num_partials": 0},
        {"jump": 0},
        {"harmonicity": 0},
    ],
)
def test_impossible_settings_are_refused_by_name(settings):
    with pytest.raises(ValueError, match=next(iter(settings))):
        SalienceTracker(**settings)
