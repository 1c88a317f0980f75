"""Trackers of other programs: their values on our grid, and what is said where they are not installed."""

import sys

import numpy as np
import parselmouth
import pytest

from cortado.errors import CortadoError
from cortado.pitch import Essentia, Praat
from cortado.pitch.frames import count_frames


def test_praats_f0_is_on_our_grid(clean):
    samples, _ = clean["alto"]
    found = Praat(min_f0=80, max_f0=700)(samples, count_frames(len(samples), 44100))
    pitch = parselmouth.Sound(samples.astype(np.float64), 44100).to_pitch_ac(time_step=256 / 44100, pitch_floor=80, pitch_ceiling=700)
    theirs = np.array([pitch.get_value_at_time(i * 256 / 44100) for i in range(len(found))])  # praat's own interpolation; NaN: unvoiced
    assert len(found) == count_frames(len(samples), 44100)
    assert np.count_nonzero((found > 0) != np.isfinite(theirs)) <= 4  # of 1378, all at the edges of phrases
    assert np.nanmax(np.abs(1200 * np.log2(np.where(found > 0, found, np.nan) / theirs))) < 5


@pytest.mark.parametrize(
    ("tracker", "module", "package", "licence"),
    [(Praat, "parselmouth", "praat-parselmouth", "GNU GPL 3"), (Essentia, "essentia", "essentia", "GNU AGPL 3")],
)
def test_a_tracker_that_is_not_installed_is_named_with_its_licence_when_it_is_used(tracker, module, package, licence, monkeypatch):
    monkeypatch.setitem(sys.modules, module, None)  # as if it were not installed
    monkeypatch.setitem(sys.modules, f"{module}.standard", None)
    with pytest.raises(CortadoError, match=f"{package}, which is under the {licence}: pip install {package}"):
        tracker()(np.zeros(44100, np.float32), 173)


def test_impossible_ranges_are_refused():
    with pytest.raises(ValueError, match="min_f0"):
        Praat(min_f0=500, max_f0=400)
