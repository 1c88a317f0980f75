"""Tracks from boxes given by hand: outliers and other faces left aside, motion followed, jitter smoothed, gaps measured."""

import numpy as np
import pytest

from cortado.video.track import track_face

ALL_TIMES = np.arange(75) / 25
TIMES = ALL_TIMES[::3]
STILL = np.tile([180.0, 140.0, 130.0], (25, 1))


def track(boxes, times=TIMES):
    return track_face([np.reshape(of_one, (-1, 3)) for of_one in boxes], times, ALL_TIMES)


def test_a_face_that_keeps_still_is_followed_exactly():
    centres, width, gap = track(STILL)
    np.testing.assert_array_equal(centres, np.tile([180.0, 140.0], (75, 1)))
    assert width == 130
    assert gap[1] - gap[0] == pytest.approx(0.12)


def test_jitter_of_the_boxes_is_smoothed_and_their_width_frozen():
    jitter = np.random.default_rng(0).normal(0, [0.9, 0.9, 3], (25, 3))
    found = track(STILL + jitter)
    steps = np.abs(np.diff(found.centres, axis=0))
    raw = np.abs(np.diff(np.stack([np.interp(ALL_TIMES, TIMES, (STILL + jitter)[:, axis]) for axis in (0, 1)], axis=1), axis=0))
    assert steps.mean() < raw.mean() / 2
    assert np.abs(found.centres - [180, 140]).max() < 1.5
    assert found.width == pytest.approx(130, abs=2)


@pytest.mark.parametrize("wrong", [(300, 140, 130), (180, 140, 60), (180, 140, 220), (181, 240, 128)])
def test_a_box_elsewhere_or_of_another_size_is_left_aside(wrong):
    boxes = STILL.copy()
    boxes[[4, 11, 12, 20]] = wrong
    found = track(boxes)
    np.testing.assert_array_equal(found.centres, np.tile([180.0, 140.0], (75, 1)))
    assert found.width == 130
    assert found.gap[1] - found.gap[0] == pytest.approx(0.36)  # 11 and 12 follow one another


def test_another_face_that_is_wider_in_some_pictures_does_not_draw_the_track_away():
    boxes = [np.array([[180, 140, 130], [60, 100, 150 if number in (3, 9, 10) else 110]]) for number in range(25)]
    found = track(boxes)
    np.testing.assert_array_equal(found.centres, np.tile([180.0, 140.0], (75, 1)))
    assert found.gap[1] - found.gap[0] == pytest.approx(0.12)  # it is seen in those pictures too


def test_a_face_that_crosses_the_picture_is_followed():
    x = 60 + 240 * TIMES / 3  # twice the gate from its own median at either end
    found = track(np.column_stack([x, np.full(25, 100.0), np.full(25, 120.0)]))
    assert np.abs(found.centres[5:65, 0] - (60 + 240 * ALL_TIMES[5:65] / 3)).max() < 1e-6
    assert found.gap[1] - found.gap[0] == pytest.approx(0.12)


def test_pictures_without_the_face_are_a_gap_at_the_ends_too():
    nobody = np.empty((0, 3))
    boxes = [nobody if number < 5 or 12 <= number < 15 else STILL[0] for number in range(25)]
    assert track(boxes).gap == pytest.approx((0, 0.6))
    assert track([STILL[0]] * 20 + [nobody] * 5).gap == pytest.approx((19 * 0.12, 74 / 25))


def test_no_box_at_all_is_no_track_and_one_is_enough_for_a_place():
    assert track([np.empty((0, 3))] * 25) is None
    alone = track([STILL[0]] + [np.empty((0, 3))] * 24)
    np.testing.assert_array_equal(alone.centres, np.tile([180.0, 140.0], (75, 1)))
    assert track_face([STILL[:1]], np.zeros(1), np.zeros(1)).centres.shape == (1, 2)
