"""Contours: segments, phrases and symbols of melodies made by hand, and of random ones against the definition read frame by frame."""

import numpy as np
import pytest

from cortado.errors import ConfigError
from cortado.motifs.cents import cents_to_hz, hz_to_cents
from cortado.motifs.contour import CENTS, END, START, SYMBOL, make_contour, segment_times, segments_between
from cortado.motifs.levels import Levels

LEVELS = Levels((1000.0, 1060.0, 1150.0, 1300.0), (70.0, 112.0))


def f0_of(*cents: float | None) -> np.ndarray:
    """A frame for each; None is unvoiced."""
    return np.array([0 if pitch is None else cents_to_hz(pitch) for pitch in cents], np.float32)


def contour_by_frames(f0: np.ndarray, levels: Levels, min_run: int, min_gap: int) -> list[tuple]:
    """The definition, a frame at a time: (start, end, cents, level, number of the phrase)."""
    frames, phrase, gap = [], 0, 0
    for frame, hz in enumerate(f0):
        if not hz:
            gap += 1
            continue
        phrase += bool(frames) and gap >= min_gap
        level = min(range(len(levels.centres)), key=lambda number: abs(levels.centres[number] - hz_to_cents(hz)))
        frames.append((frame, level, phrase))
        gap = 0
    runs = []
    for frame, level, phrase in frames:
        if runs and runs[-1][1:] == (level, phrase):
            runs[-1][0].append(frame)
        else:
            runs.append(([frame], level, phrase))
    segments = []
    for members, level, phrase in runs:
        if len(members) < min_run:
            continue
        if segments and segments[-1][2:] == (level, phrase):
            segments[-1] = (segments[-1][0], members[-1] + 1, level, phrase)
        else:
            segments.append((members[0], members[-1] + 1, level, phrase))
    return segments


def test_a_melody_by_hand_has_its_segments_with_steps_up_positive_and_down_negative():
    f0 = f0_of(None, 1001, 999, 1059, 1149, None, 1300, 1290, 1000, None, None, 1150, None)
    np.testing.assert_array_equal(
        make_contour(f0, LEVELS),
        np.array([[1, 3, 1000, 0], [3, 4, 1060, 1], [4, 5, 1150, 2], [6, 8, 1300, 0], [8, 9, 1000, -3], [11, 12, 1150, 0]], np.float32),
    )
    assert make_contour(f0, LEVELS).dtype == np.float32


def test_a_gap_below_the_shortest_is_bridged_and_a_level_held_across_it_is_one_segment():
    f0 = f0_of(1000, None, None, 1000, 1150, None, None, None, 1150)
    np.testing.assert_array_equal(make_contour(f0, LEVELS, min_gap=3), [[0, 4, 1000, 0], [4, 5, 1150, 3], [8, 9, 1150, 0]])


def test_a_run_below_the_shortest_is_left_out_and_a_level_before_and_after_it_is_one_segment():
    f0 = f0_of(1000, 1000, 1060, 1000, 1000, 1060, 1150, 1150, None, 1300)
    np.testing.assert_array_equal(make_contour(f0, LEVELS, min_run=2), [[0, 5, 1000, 0], [6, 8, 1150, 3]])


@pytest.mark.parametrize(("min_run", "min_gap"), [(1, 1), (1, 3), (2, 1), (3, 2)])
def test_random_melodies_are_cut_as_the_definition_says(min_run, min_gap):
    rng = np.random.default_rng(min_run + 10 * min_gap)
    for _ in range(60):
        lengths = rng.integers(1, 5, 25)
        pitches = np.repeat(rng.choice([0, 1000, 1060, 1150, 1300], 25), lengths)
        f0 = np.where(pitches > 0, cents_to_hz(pitches + rng.uniform(-20, 20, len(pitches))), 0).astype(np.float32)
        contour = make_contour(f0, LEVELS, min_run, min_gap)
        expected = contour_by_frames(f0, LEVELS, min_run, min_gap)
        centres = [(start, end, LEVELS.centres[level]) for start, end, level, _ in expected]
        assert [tuple(row) for row in contour[:, :SYMBOL].tolist()] == centres
        phrase_begins = [not at or expected[at - 1][3] != expected[at][3] for at in range(len(expected))]
        assert (contour[:, SYMBOL] == 0).tolist() == phrase_begins, "0 where a phrase begins, and nowhere else"
        steps = np.diff(contour[:, CENTS])[contour[1:, SYMBOL] != 0]
        assert (np.sign(steps) == np.sign(contour[contour[:, SYMBOL] != 0, SYMBOL])).all()
        assert (contour[1:, START] >= contour[:-1, END]).all() and (contour[:, END] > contour[:, START]).all()


def test_an_octave_higher_on_levels_an_octave_higher_is_the_same_contour():
    rng = np.random.default_rng(0)
    f0 = cents_to_hz(rng.uniform(950, 1350, 500))
    higher = Levels(tuple(centre + 1200 for centre in LEVELS.centres), LEVELS.classes)
    low, high = make_contour(f0, LEVELS), make_contour(2 * f0, higher)
    np.testing.assert_array_equal(high - low, np.array([0, 0, 1200, 0], np.float32) * np.ones((len(low), 1)))


@pytest.mark.parametrize(("size", "symbol"), [(69.9, 1), (70, 2), (112, 2), (112.1, 3)])
def test_cuts_belong_to_the_middle_class(size, symbol):
    levels = Levels((1200.1, round(1200.1 + size, 3)), (70.0, 112.0))
    assert levels.symbols(np.array([0, 1, 0])).tolist() == [symbol, -symbol]


def test_raw_symbols_are_differences_in_levels():
    levels = Levels(LEVELS.centres, "raw")
    assert levels.symbols(np.array([0, 3, 1, 2])).tolist() == [3, -2, 1]


def test_silence_and_unvoiced_frames_have_a_contour_without_rows():
    for f0 in (np.zeros(0, np.float32), np.zeros(100, np.float32)):
        contour = make_contour(f0, LEVELS)
        assert contour.shape == (0, 4)


def test_segments_begin_and_end_half_a_frame_from_the_centres_of_their_frames_and_are_found_by_time():
    contour = make_contour(f0_of(None, 1000, 1000, 1060, 1150, 1150), LEVELS)
    np.testing.assert_allclose(segment_times(contour), np.array([[0.5, 2.5], [2.5, 3.5], [3.5, 5.5]]) * 256 / 44100)
    start, end = segment_times(contour)[1:].ravel()[[0, -1]]
    np.testing.assert_array_equal(segments_between(contour, round(start, 4), round(end, 4)), contour[1:])


def test_levels_are_read_as_they_were_written(tmp_path):
    for levels in (LEVELS, Levels((1.5, 2.25, 1e3), "raw")):
        levels.write(tmp_path / "levels", "data/ñ")
        assert Levels.read(tmp_path / "levels") == levels


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("centres: [1.0, 2.0]", "missing classes"),
        ("centres: [2.0, 1.0]\nclasses: raw", "at least two levels, ascending"),
        ("centres: [1.0]\nclasses: raw", "at least two levels, ascending"),
        ("centres: [1.0, .nan]\nclasses: raw", "at least two levels, ascending"),
        ("centres: [1.0, 2.0]\nclasses: [112, 70]", "two cuts in cents, above 0 and ascending"),
    ],
)
def test_a_file_that_holds_no_levels_is_named(tmp_path, text, complaint):
    (tmp_path / "levels").write_text(text)
    with pytest.raises(ConfigError, match=f"levels.*{complaint}"):
        Levels.read(tmp_path / "levels")
