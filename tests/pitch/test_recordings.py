"""What is told of recordings that cannot be used or are odd; the grid of frames."""

import doctest

import numpy as np
import pytest
from sung_signals import RATE

from cortado.config import ClassSpec, load_config
from cortado.errors import ConfigError
from cortado.pitch import F0Config, SalienceTracker, Tracker, frames, make_f0
from cortado.pitch.faults import DROPS

SECOND = np.full(RATE, 0.1, np.float32)


class Fixed(Tracker):
    """Says that the first frames are voiced."""

    rate = RATE

    def __init__(self, num_voiced: int):
        self.num_voiced = num_voiced

    def __call__(self, samples, num_frames):
        return np.where(np.arange(num_frames) < self.num_voiced, 220, 0).astype(np.float32)


@pytest.mark.parametrize(
    ("samples", "rate", "reason"),
    [
        (SECOND[:8000], 8000, "narrow band: is sampled at 8000 Hz"),
        (np.append(SECOND, np.float32(np.nan)), RATE, "not finite: 1 of its 44101 samples"),
        (SECOND[:3000], RATE, "too short: lasts 68.0 ms"),
        (SECOND / 10000, RATE, "silent: its greatest sample is 1.0e-05"),
        (np.zeros(RATE, np.float32), RATE, "silent: its greatest sample is 0.0e"),
    ],
)
def test_recordings_that_cannot_have_an_f0_are_dropped_with_the_figures(samples, rate, reason):
    values, faults = make_f0(samples, rate, Fixed(100))
    assert values is None and len(faults) == 1 and DROPS[faults[0].kind]
    assert str(faults[0]).startswith(reason)


@pytest.mark.parametrize(
    ("num_voiced", "is_dropped", "told"),
    [
        (0, True, ["no melody: all of its 173 frames are unvoiced"]),
        (17, False, ["mostly unvoiced: 90.2 % of its 173 frames are"]),
        (18, False, []),
    ],
)
def test_a_recording_without_voice_is_dropped_and_one_with_little_is_named(num_voiced, is_dropped, told):
    values, faults = make_f0(SECOND, RATE, Fixed(num_voiced))
    assert (values is None) == is_dropped and list(map(str, faults)) == told


def test_clipped_recordings_are_kept_and_named_with_the_share():
    loud = SECOND.copy()
    loud[:441:2], loud[1:441:2] = 1, -1
    values, faults = make_f0(loud, RATE, Fixed(100))
    assert len(values) == 173 and list(map(str, faults)) == ["clipped: 1.00 % of its samples are at full scale"]


def test_the_config_that_is_shipped_is_that_of_the_library_and_other_classes_are_refused(request):
    config = load_config(F0Config, request.config.rootpath / "conf/f0.yaml")
    assert config.build_tracker() == SalienceTracker() == F0Config().build_tracker()
    with pytest.raises(ConfigError, match="finds no f0"):
        F0Config(ClassSpec("cortado.config.ClassSpec")).build_tracker()


def test_examples_of_the_grid():
    assert doctest.testmod(frames).failed == 0
