"""Windows of utterances under test: evenly spread as in the cross attentive paper, half overlapping as in GE2E's."""

import numpy as np
import pytest

from cortado.feats.windows import Windows


@pytest.mark.parametrize("num_frames", [351, 359, 360, 1000, 12345])
def test_ten_windows_are_evenly_spaced_from_the_first_frame_to_the_last(num_frames):
    starts = Windows(350, count=10).starts(num_frames)
    assert len(starts) == 10 and starts[0] == 0 and starts[-1] + 350 == num_frames
    steps = np.diff(starts)
    assert steps.max() - steps.min() <= 1  # even, but for whole frames


@pytest.mark.parametrize("windows", [Windows(350, count=10), Windows(350, shift=175)])
@pytest.mark.parametrize("num_frames", [1, 200, 350])
def test_an_utterance_no_longer_than_a_window_is_one_of_its_own_length(windows, num_frames):
    features = np.arange(2 * num_frames, dtype=np.float32).reshape(num_frames, 2)
    np.testing.assert_array_equal(windows.cut(features), features[None])


@pytest.mark.parametrize(("num_frames", "count"), [(160, 1), (239, 1), (240, 2), (319, 2), (320, 3), (480, 5)])
def test_windows_that_overlap_by_half_are_as_many_as_fit(num_frames, count):
    features = np.arange(num_frames, dtype=np.float32)[:, None]
    cut = Windows(160, shift=80).cut(features)
    assert cut.shape == (count, 160, 1) and cut[:, 0, 0].tolist() == [80 * n for n in range(count)]


@pytest.mark.parametrize("options", [{}, {"count": 2, "shift": 3}, {"count": 0}, {"shift": 0}])
def test_windows_are_either_counted_or_shifted(options):
    with pytest.raises(ValueError, match="count"):
        Windows(100, **options)
