"""The mouth of drawn faces, found by the cascade; the middle of the picture; what a face that is away is called."""

import numpy as np
import pytest
from drawn_videos import draw_face, talking_face

from cortado.video import CentreRoi, FaceRoi

TIMES = np.arange(45) / 25
EMPTY = np.full((200, 240), 90, np.uint8)


@pytest.mark.parametrize(("centre", "width"), [((100, 95), 90), ((140, 100), 110)])
def test_the_square_lies_on_the_drawn_mouth_and_grows_with_the_face(centre, width):
    region, faults = FaceRoi().locate(talking_face(9, centre=centre, width=width), TIMES[:9])
    mouth = centre[0], centre[1] + 0.36 * width
    assert faults == []
    assert np.abs(region.centres - mouth).max() < 0.1 * width
    assert 0.5 * width < region.side < 0.7 * width


def test_a_face_that_moves_is_followed_with_a_square_of_one_size():
    pictures = [draw_face(centre=(90 + number, 100)) for number in range(45)]
    region, _ = FaceRoi().locate(pictures, TIMES)
    np.testing.assert_allclose(region.centres[6:-6, 0] - np.arange(96, 129), 0, atol=2)
    assert isinstance(region.side, float)


def test_colour_makes_no_difference_to_where_the_mouth_is():
    pictures = talking_face(6)
    grey, _ = FaceRoi().locate(pictures, TIMES[:6])
    colour, _ = FaceRoi().locate([np.repeat(picture[..., None], 3, axis=2) for picture in pictures], TIMES[:6])
    np.testing.assert_array_equal(grey.centres, colour.centres)


def test_no_face_and_a_face_that_goes_away_are_told_apart():
    region, (fault,) = FaceRoi().locate([EMPTY] * 9, TIMES[:9])
    assert region is None and fault == ("no face", "none in the 3 pictures looked at")
    pictures = [draw_face()] * 15 + [EMPTY] * 15 + [draw_face()] * 15
    region, (fault,) = FaceRoi().locate(pictures, TIMES)
    assert fault == ("lost track", "no face from 0.48 to 1.20 s") and fault.drops
    assert FaceRoi().locate([draw_face()] * 20 + [EMPTY] * 5 + [draw_face()] * 20, TIMES)[1] == []  # a blink of 0.2 s


def test_the_middle_is_the_middle():
    region, faults = CentreRoi(side=0.5).locate([EMPTY] * 3, TIMES[:3])
    np.testing.assert_array_equal(region.centres, np.tile([119.5, 99.5], (3, 1)))
    assert region.side == 100 and faults == []


@pytest.mark.parametrize(
    "wrong", [lambda: FaceRoi(detect_every=0), lambda: FaceRoi(min_face=0), lambda: FaceRoi(side=0), lambda: CentreRoi(side=1.5)]
)
def test_impossible_sizes_are_refused(wrong):
    with pytest.raises(ValueError):
        wrong()
