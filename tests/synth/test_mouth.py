"""The drawn mouths: they measure what their parameters say, people and films differ, and the same draw gives the same pictures."""

import numpy as np
import pytest

from cortado.synth.espeak import Phone
from cortado.synth.mouth import SEAM, SIZE, Face, draw_face, draw_mouths, film_mouth
from cortado.synth.visemes import Shape

FACE = Face(
    half_width=0.5,
    upper_lip=0.12,
    lower_lip=0.16,
    bow=0.3,
    droop=0.0,
    gap=0.5,
    teeth_length=0.12,
    skin=0.6,
    lip_contrast=0.3,
    teeth=0.9,
)
CENTRED = np.array([[0.0, 0.0, 1.0]], np.float32)
PIXELS = SIZE / 2  # of a length of 1


def draw(place=CENTRED, **posture) -> np.ndarray:
    """(SIZE, SIZE) of a mouth at rest but for what is said here."""
    shape = dict.fromkeys(Shape._fields[:-1], 0.0) | posture
    return draw_mouths(np.array([list(shape.values())], np.float32), FACE, np.asarray(place, np.float32))[0]


def say(labels: str, seed: int = 0, face: Face = FACE, num_frames: int = 40) -> np.ndarray:
    phones = [Phone(label, 0.2 + 0.1 * n, 0.3 + 0.1 * n) for n, label in enumerate(labels.split())]
    return film_mouth(phones, num_frames, face, np.random.default_rng(seed))


@pytest.mark.parametrize("opening", [0.2, 0.5, 1.0])
def test_the_opening_is_as_high_as_asked(opening):
    dark = np.clip((0.35 - draw(opening=opening)[:, SIZE // 2]) / 0.25, 0, 1)  # shares of pixels; lips have 0.36 and more
    assert dark.sum() == pytest.approx((FACE.gap * opening + 2 * SEAM) * PIXELS, abs=1.5)


@pytest.mark.parametrize("width, rounding", [(0, 0), (1, 0), (-0.8, 0.9)])
def test_the_mouth_is_as_wide_as_asked(width, rounding):
    """Columns in which anything changes when the lips vanish, corners too thin to be seen left out."""
    picture = draw(opening=0.3, width=width, rounding=rounding)
    rows = slice(SIZE // 2 - 3, SIZE // 2 + 3)
    skin = FACE.skin * (1 - 0.45 * ((np.arange(SIZE) + 0.5) / PIXELS - 1) ** 2)
    changed = np.abs(picture[rows] - skin).max(axis=0) > 0.1
    assert changed.sum() == pytest.approx(2 * FACE.half_width * (1 + 0.14 * width - 0.3 * rounding) * PIXELS, rel=0.1)


def test_teeth_shine_and_a_tongue_hides_the_dark():
    middle = np.s_[SIZE // 2 - 15 : SIZE // 2 + 20, SIZE // 2]
    assert draw(opening=0.8)[middle].max() < 0.7 < draw(opening=0.8, teeth=0.8)[middle].max()
    assert draw(opening=0.8)[middle].min() < 0.15 < 0.3 < draw(opening=0.8, tongue=1.0)[middle].min()


def test_pressed_and_tucked_lips_are_thinner():
    def lip_pixels(**posture):
        return (np.abs(draw(**posture)[:, SIZE // 2] - 0.42) < 0.05).sum()

    assert lip_pixels(opening=-0.4) < lip_pixels() and lip_pixels(tuck=1.0, opening=0.14) < lip_pixels(opening=0.14)


def test_mouths_are_symmetric_and_follow_their_place():
    picture = draw(opening=0.5, teeth=0.5)
    np.testing.assert_allclose(picture, picture[:, ::-1], atol=1e-5)
    moved = draw([[3 / PIXELS, -2 / PIXELS, 1.0]], opening=0.5, teeth=0.5)
    np.testing.assert_allclose(moved[:-2, 3:], picture[2:, :-3], atol=1e-4)


def test_a_frame_does_not_depend_on_those_drawn_with_it():
    rng = np.random.default_rng(0)
    track, place = rng.uniform(0, 1, (5, 6)).astype(np.float32), rng.normal([0, 0, 1], 0.05, (5, 3)).astype(np.float32)
    together = draw_mouths(track, FACE, place)
    alone = [draw_mouths(track[n : n + 1], FACE, place[n : n + 1])[0] for n in range(5)]
    np.testing.assert_array_equal(together, alone)


def test_the_same_draw_gives_the_same_film_and_another_one_another():
    first = say("m aI b oU t s")
    assert first.shape == (40, SIZE, SIZE) and first.dtype == np.uint8
    np.testing.assert_array_equal(first, say("m aI b oU t s"))
    assert np.abs(first.astype(int) - say("m aI b oU t s", seed=1)).mean() > 3


def test_what_is_said_is_to_be_seen_and_what_sounds_otherwise_is_not():
    said = say("m aI b oU t s").astype(int)
    np.testing.assert_array_equal(said, say("b aI p oU d z"))
    assert np.abs(said - say("m aI v oU t s"))[5:15].max() > 60


def test_people_differ():
    faces = [say("a b", face=draw_face(np.random.default_rng(n))).astype(int) for n in range(4)]
    assert all(np.abs(a - b).mean() > 5 for n, a in enumerate(faces) for b in faces[:n])


def test_no_picture_is_taken_for_a_damaged_one_and_none_is_overexposed():
    """A standard deviation of pixels below 10 is what broken streams have; real mouths have 20."""
    for n in range(25):
        rng = np.random.default_rng(n)
        film = say("t eI k f aI v", seed=n, face=draw_face(rng))
        assert film.reshape(len(film), -1).std(axis=1).min() > 14 and (film == 255).mean() < 0.05, n
