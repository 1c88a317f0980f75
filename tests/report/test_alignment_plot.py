"""The picture of an alignment: a spectrogram that is one, and rows for what is given."""

import matplotlib.image
import numpy as np
import pytest

from cortado.errors import CortadoError
from cortado.report.alignment import AlignedUtterance, Interval, State
from cortado.report.alignment_plot import DYNAMIC_RANGE, WINDOW, plot_alignment, spectrogram

RATE = 16000
UTTERANCE = AlignedUtterance(
    words=[Interval(5, 20, "go")],
    phones=[Interval(0, 5, "SIL"), Interval(5, 12, "G"), Interval(12, 20, "OW")],
    states=[State(0, 5, 0, 0), State(5, 9, 0, 1), State(9, 12, 1, 2), State(12, 20, 0, 3)],
)


def test_a_tone_is_a_line_at_its_frequency_and_half_of_it_six_decibels_lower():
    tone = np.sin(2 * np.pi * 1000 * np.arange(RATE) / RATE)
    tone[RATE // 2 :] *= 0.5
    level = spectrogram(tone, RATE)
    frequencies = np.arange(level.shape[1]) / WINDOW
    assert set(frequencies[level[10:-10].argmax(1)]) == {1000.0}
    assert level.max() == 0 and level.min() >= -DYNAMIC_RANGE
    first, second = level[20:100].max(1), level[150:230].max(1)
    assert first.mean() - second.mean() == pytest.approx(20 * np.log10(2), abs=0.05)


def test_columns_of_the_spectrogram_are_centred_on_their_times():
    click = np.zeros(RATE)
    click[RATE // 4] = 1
    loud = np.flatnonzero(spectrogram(click, RATE).max(1) > -60)
    assert abs(loud.mean() / 250 - 0.25) < 0.005  # 250 columns a second


def test_sound_features_and_reference_are_drawn_where_they_are_given(tmp_path):
    rng = np.random.default_rng(0)
    kinds = {
        "plain": {},
        "features": {"features": rng.standard_normal((20, 13))},
        "sound": {"sound": (rng.standard_normal(RATE // 5), RATE)},
        "reference": {"reference": [Interval(4, 19, "go")]},
    }
    images = {}
    for kind, given in kinds.items():
        plot_alignment(UTTERANCE, 0.01, "utt: go", tmp_path / f"{kind}.png", **given)
        images[kind] = matplotlib.image.imread(tmp_path / f"{kind}.png")
    assert images["reference"].shape[0] > images["plain"].shape[0]
    assert images["plain"].shape == images["features"].shape == images["sound"].shape
    assert len({image.tobytes() for image in images.values()}) == 4


def test_another_kind_of_image_is_refused(tmp_path):
    with pytest.raises(CortadoError, match="is written as"):
        plot_alignment(UTTERANCE, 0.01, "utt", tmp_path / "x.bmp")
