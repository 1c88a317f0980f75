"""Film strips and films read back as pictures: the right frames, words at their times, classes in the order in which they peak."""

import matplotlib.image
import numpy as np
import pytest
from PIL import Image, ImageSequence

from cortado.errors import CortadoError
from cortado.lang.ctm import Timed
from cortado.report.film_strip import label_at, peaking_classes, plot_film_strip, write_film

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


def test_a_film_has_every_frame_at_25_a_second_and_the_words_of_the_moment(tmp_path):
    write_film(FRAMES, {"reference": WORDS}, tmp_path / "film.gif")
    with Image.open(tmp_path / "film.gif") as film:
        assert film.info["duration"] == 40
        shown = [np.array(frame.convert("L")) for frame in ImageSequence.Iterator(film)]
    assert len(shown) == 50
    assert np.abs([frame[48, 48] - frame_of.mean() for frame, frame_of in zip(shown, FRAMES, strict=True)]).max() < 3
    captions = [frame[96:].tobytes() for frame in shown]
    changes = [number for number in range(1, 50) if captions[number] != captions[number - 1]]
    assert changes == [13, 15, 35]  # bin until 0.52 s, nothing, blue from 0.6 to 1.4 s


def test_colour_stays_colour(tmp_path):
    red = np.zeros((4, 32, 32, 3), np.uint8)
    red[..., 0] = 255
    write_film(red, {}, tmp_path / "film.gif")
    with Image.open(tmp_path / "film.gif") as film:
        assert film.convert("RGB").getpixel((40, 40)) == (255, 0, 0)
    plot_film_strip(red, {}, "clip", tmp_path / "strip.png")
    assert (matplotlib.image.imread(tmp_path / "strip.png")[..., :3] == (1, 0, 0)).all(axis=2).any()


def test_between_words_there_is_no_label():
    assert [label_at(WORDS, time) for time in (0.0, 0.51, 0.55, 0.6, 1.4)] == ["bin", "bin", "", "blue", ""]
