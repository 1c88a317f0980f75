"""Pictures of motifs: pitches lie where they sound, segments where they last, no motif hides another, and what is drawn is what is given."""

from itertools import pairwise

import matplotlib.image
import numpy as np
import pytest

from cortado.errors import CortadoError
from cortado.motifs.cents import cents_to_hz
from cortado.motifs.contour import make_contour
from cortado.motifs.levels import Levels
from cortado.motifs.occurrences import Occurrence
from cortado.report.motif_plot import MOST_LANES, Stretch, into_lanes, pitch_spectrogram, plot_stretch

RATE = 16000
LEVELS = Levels((2400.0, 2500.0, 2700.0), (70.0, 112.0))


def melody() -> np.ndarray:
    """f0 of 2400, 2700 and 2500 cents, half a second each but the last, after a tenth of a second of silence."""
    frames = np.arange(200)
    return np.select([frames < 17, frames < 103, frames < 189], [0, cents_to_hz(2400), cents_to_hz(2700)], cents_to_hz(2500)).astype(
        np.float32
    )


def stretch_of(f0: np.ndarray, start: float = 0.0, end: float = 1.0) -> Stretch:
    samples = 0.1 * np.sin(2 * np.pi * 220 * np.arange(round((end - start) * RATE)) / RATE)
    return Stretch(start, samples, RATE, f0, make_contour(f0, LEVELS))


def test_a_tone_lies_at_its_pitch():
    tone = np.sin(2 * np.pi * cents_to_hz(2400) * np.arange(RATE) / RATE)
    cents = np.arange(2000, 2900, 10)
    picture = pitch_spectrogram(tone, RATE, cents)
    assert picture.shape == (len(cents), 251)  # 250 windows a second
    assert np.abs(cents[picture.argmax(axis=0)] - 2400).max() <= 60  # a bin of 16 Hz is 120 cents there


def test_motifs_in_a_lane_do_not_overlap_and_the_longest_is_in_the_first_whatever_their_order():
    rng = np.random.default_rng(0)
    for _ in range(50):
        spans = zip(rng.integers(0, 50, 20), rng.integers(1, 30, 20), strict=True)
        motifs = [Occurrence((number,), "am-1", start, start + length) for number, (start, length) in enumerate(spans)]
        lanes, num_left_out = into_lanes(motifs)
        assert 1 <= len(lanes) <= MOST_LANES and sum(map(len, lanes)) + num_left_out == len(motifs)
        for lane in lanes:
            ordered = sorted(lane, key=lambda one: one.start)
            assert all(one.end <= after.start for one, after in pairwise(ordered))
        assert max(one.end - one.start for one in motifs) == max(one.end - one.start for one in lanes[0])
        assert into_lanes(motifs[::-1]) == (lanes, num_left_out)


def test_motifs_of_the_stretch_are_drawn_and_others_are_not(tmp_path):
    motifs = {
        "none": [],
        "elsewhere": [Occurrence((3, -2), "am-1", 7, 8)],
        "one": [Occurrence((3, -2), "am-1", 0.1, 0.9)],
        "two": [Occurrence((3, -2), "am-1", 0.1, 0.9), Occurrence((3,), "am-1", 0, 0.6)],
    }
    images = {}
    for name, own in motifs.items():
        plot_stretch(stretch_of(melody()), own, "am-1", tmp_path / f"{name}.png")
        images[name] = matplotlib.image.imread(tmp_path / f"{name}.png")
    np.testing.assert_array_equal(images["none"], images["elsewhere"])
    assert images["none"].shape[0] < images["one"].shape[0] < images["two"].shape[0]


def test_a_stretch_without_segments_is_refused(tmp_path):
    with pytest.raises(CortadoError, match="am-1: from 2 to 3 s nothing is voiced"):
        plot_stretch(stretch_of(melody(), 2.0, 3.0), [], "am-1", tmp_path / "x.png")
    assert not list(tmp_path.iterdir())


def test_a_motif_that_the_stretch_cuts_off_has_all_of_its_symbols_or_none(tmp_path, monkeypatch):
    figures = []
    monkeypatch.setattr("cortado.report.motif_plot.save_png", lambda figure, path: figures.append(figure))
    long, cut = Occurrence((1, 2, 3, -1, -2), "am-1", -1.0, 0.6), Occurrence((3, -3, 3, -3, 3), "am-1", 0.99, 2.0)
    plot_stretch(stretch_of(melody()), [long, cut], "am-1", tmp_path / "x.png")
    (label,) = figures[0].axes[-1].texts
    assert label.get_text() == "1,2,3,-1,-2" and label.get_position()[0] == pytest.approx(0.3), "in the middle of what is seen"
