"""Film strips and films read back as pictures: the right frames, words at their times, classes in the order in which they peak."""

import matplotlib.image
import numpy as np
import pytest
from PIL import Image, ImageSequence

from cortado.errors import CortadoError
from cortado.lang.ctm import Timed
from cortado.report.film_strip import LINE_COLOUR, label_at, peaking_classes, plot_film_strip, write_film

FRAMES = np.arange(0, 250, 5, dtype=np.uint8)[:, None, None] * np.ones((1, 32, 32), np.uint8)  # 2 s, brighter and brighter
WORDS = [Timed(0.0, 0.52, "bin"), Timed(0.6, 1.4, "blue")]


def test_a_strip_shows_frames_at_even_distances_from_dark_to_bright_for_any_length(tmp_path):
    for num_frames in (1, 7, 50):
        plot_film_strip(FRAMES[:num_frames], {"reference": WORDS, "hypothesis": []}, "clip", tmp_path / "strip.png")
        image = matplotlib.image.imread(tmp_path / "strip.png")[..., 0]
        row = image[70]  # within the pictures, below the title
        levels = np.unique(np.round(255 * row[(row < 0.99)] / 10))
        expected = np.unique(np.round(FRAMES[: num_frames : -(-num_frames // 25), 0, 0] / 10))
        assert set(expected) <= set(levels), num_frames


def test_the_heat_map_needs_outputs_that_go_evenly_into_the_frames(tmp_path):
    log_posteriors = np.log(np.full((200, 3), 1 / 3, np.float32))
    plot_film_strip(FRAMES, {}, "clip", tmp_path / "strip.png", log_posteriors)
    with_map = matplotlib.image.imread(tmp_path / "strip.png").shape
    plot_film_strip(FRAMES, {}, "clip", tmp_path / "strip.png")
    assert with_map[0] > matplotlib.image.imread(tmp_path / "strip.png").shape[0] + 200
    with pytest.raises(CortadoError, match="201 rows of posteriors do not go evenly into 50 frames"):
        plot_film_strip(FRAMES, {}, "clip", tmp_path / "strip.png", log_posteriors[[*range(200), 0]])


def test_classes_come_in_the_order_in_which_they_peak_and_only_those_that_matter():
    posteriors = np.full((40, 5), 0.02)
    for number, class_index in enumerate((3, 0, 4)):
        posteriors[10 * number : 10 * number + 10, class_index] = 0.9
    assert peaking_classes(posteriors).tolist() == [3, 0, 4]
    assert peaking_classes(np.full((4, 20), 0.05)).size == 20  # none reaches the threshold: the highest are shown


def play(path) -> list[np.ndarray]:
    """The pictures of a film, (height, width, 3) uint8 each."""
    with Image.open(path) as film:
        return [np.array(picture.convert("RGB")) for picture in ImageSequence.Iterator(film)]


def changes(pictures: list[np.ndarray]) -> list[int]:
    return [number for number in range(1, len(pictures)) if not np.array_equal(pictures[number], pictures[number - 1])]


def test_a_film_has_every_frame_at_25_a_second_and_the_words_of_the_moment_beside_it(tmp_path):
    write_film(FRAMES, {"reference": WORDS, "hypothesis": WORDS[1:]}, "clip", tmp_path / "film.gif")
    shown = play(tmp_path / "film.gif")
    with Image.open(tmp_path / "film.gif") as film:
        assert film.info["duration"] == 40
    assert len(shown) == 50
    assert np.abs([picture[150, 200] - frame.mean() for picture, frame in zip(shown, FRAMES, strict=True)]).max() < 3
    of_reference, of_hypothesis = ([picture[upper : upper + 30, 400:] < 128 for picture in shown] for upper in (30, 66))
    assert changes(of_reference) == [13, 15, 35]  # bin until 0.52 s, nothing, blue from 0.6 to 1.4 s
    assert changes(of_hypothesis) == [15, 35]


def test_below_a_film_a_line_goes_from_left_to_right_through_rows_and_posteriors(tmp_path):
    frames, log_posteriors = FRAMES[::5], np.log(np.full((40, 3), 1 / 3, np.float32))
    write_film(frames, {"reference": WORDS}, "clip", tmp_path / "film.gif")
    height = play(tmp_path / "film.gif")[0].shape[0]
    write_film(frames, {"reference": WORDS}, "clip", tmp_path / "film.gif", log_posteriors)
    shown = play(tmp_path / "film.gif")
    assert shown[0].shape[0] > height + 200
    line = [(np.abs(picture.astype(int) - LINE_COLOUR) < 30).all(axis=2) for picture in shown]
    places = [np.flatnonzero(there.sum(axis=0) > 250).mean() for there in line]  # it is as long as row and heat map are high
    np.testing.assert_allclose(np.diff(places), (places[-1] - places[0]) / 9, atol=1.1)
    assert places[0] < 120 and places[-1] > 500
    with pytest.raises(CortadoError, match="41 rows of posteriors do not go evenly into 10 frames"):
        write_film(frames, {}, "clip", tmp_path / "film.gif", log_posteriors[[*range(40), 0]])


def test_colour_stays_colour(tmp_path):
    red = np.zeros((4, 32, 32, 3), np.uint8)
    red[..., 0] = 255
    write_film(red, {}, "clip", tmp_path / "film.gif")
    assert play(tmp_path / "film.gif")[0][150, 200].tolist() == [255, 0, 0]
    plot_film_strip(red, {}, "clip", tmp_path / "strip.png")
    assert (matplotlib.image.imread(tmp_path / "strip.png")[..., :3] == (1, 0, 0)).all(axis=2).any()


def test_between_words_there_is_no_label():
    assert [label_at(WORDS, time) for time in (0.0, 0.51, 0.55, 0.6, 1.4)] == ["bin", "bin", "", "blue", ""]
