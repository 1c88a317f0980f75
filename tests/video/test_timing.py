"""25 frames a second by time alone: nothing lost or doubled at 25/s, and at any other rate the picture that a viewer would see."""

import numpy as np
import pytest

from cortado.video.decode import Pictures
from cortado.video.timing import pick_pictures, timing_faults


def pictures(times, sound=None) -> Pictures:
    times = np.array(times, dtype=float)
    return Pictures([], times, float(np.median(np.diff(times))), sound)


def kinds(times, sound=None) -> list[str]:
    return [fault.kind for fault in timing_faults(pictures(times, sound))]


def test_a_video_at_25_a_second_gives_each_picture_once_however_its_times_are_rounded():
    times = np.arange(75) / 25 + np.random.default_rng(0).uniform(-0.019, 0.019, 75)
    assert pick_pictures(times, 0, 3).tolist() == list(range(75))


@pytest.mark.parametrize("rate", [12.5, 23.976, 29.97, 50, 60])
def test_at_another_rate_each_frame_is_the_last_picture_shown_before_its_middle(rate):
    times = np.arange(round(4 * rate)) / rate
    picked = pick_pictures(times, 0, 4)
    assert len(picked) == 100
    for frame, index in enumerate(picked):
        assert index == max(number for number, time in enumerate(times) if time <= (frame + 0.5) / 25)


def test_a_missing_picture_is_replaced_by_the_one_that_stays_on_the_screen():
    times = np.delete(np.arange(20), [7, 8]) / 25
    assert pick_pictures(times, 0, 0.8).tolist() == [*range(7), 6, 6, *range(7, 18)]


def test_a_part_begins_where_it_says():
    assert pick_pictures(np.arange(75) / 25, 1.0, 1.2).tolist() == [25, 26, 27, 28, 29]


def test_rounding_to_milliseconds_is_no_variable_rate_and_a_dropped_picture_is():
    for rate in (15, 24, 29.97, 60):
        assert kinds(np.round(np.arange(100) / rate, 3)) == []
    (fault,) = timing_faults(pictures(np.delete(np.arange(50) / 25, 20)))
    assert str(fault) == "variable rate: 1 of 48 intervals are not the usual; they take 40 to 80 ms"
    assert not fault.drops


@pytest.mark.parametrize(
    ("sound", "is_odd"), [((-0.02, 2.98), False), ((0, 3.2), True), ((0, 2.5), True), ((0.5, 3.0), True), (None, False)]
)
def test_sound_that_begins_later_or_ends_elsewhere_is_told(sound, is_odd):
    assert kinds(np.arange(75) / 25, sound) == (["different length"] if is_odd else [])
