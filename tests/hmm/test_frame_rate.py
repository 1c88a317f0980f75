"""Alignment frames at the network's rate: the nearest in time, beginnings and ends of clips, lengths that contradict."""

import numpy as np
import pytest

from cortado.errors import CortadoError
from cortado.hmm.frame_rate import TOLERANCE, frames_of_outputs


def nearest_in_time(num_outputs: int, num_frames: int, milliseconds: float) -> list[int]:
    """By looking at all windows of 25 ms, one every 10 ms: the one whose middle is nearest to that of each output's share of time."""
    middles = [10 * frame + 12.5 for frame in range(num_frames)]
    times = [(output + 0.5) * milliseconds for output in range(num_outputs)]
    return [min(range(num_frames), key=lambda frame: abs(middles[frame] - time)) for time in times]


@pytest.mark.parametrize(("num_video_frames", "num_frames"), [(75, 296), (74, 296), (74, 291), (75, 310), (3, 10), (1, 2)])
@pytest.mark.parametrize("outputs_per_frame", [4, 2, 1])
def test_each_output_takes_the_frame_nearest_in_time(num_video_frames, num_frames, outputs_per_frame):
    frames = frames_of_outputs("a", num_video_frames, num_frames, outputs_per_frame)
    assert frames.tolist() == nearest_in_time(num_video_frames * outputs_per_frame, num_frames, 40 / outputs_per_frame)


def test_odd_frames_at_the_end_repeat_the_last_or_are_dropped():
    assert frames_of_outputs("a", 75, 296)[-5:].tolist() == [294, 295, 295, 295, 295]
    assert frames_of_outputs("a", 74, 301)[-2:].tolist() == [293, 294]
    assert frames_of_outputs("a", 75, 296)[:3].tolist() == [0, 0, 1]


def test_one_output_a_video_frame_is_every_fourth_frame():
    assert frames_of_outputs("a", 75, 298, outputs_per_frame=1).tolist() == list(range(1, 298, 4))


def test_lengths_that_contradict_are_refused_with_the_utterance_and_both_counts():
    for num_frames in (300 - TOLERANCE - 1, 300 + TOLERANCE + 1, 0):
        with pytest.raises(
            CortadoError, match=f"utterance s1-x: the alignment has {num_frames} frames, but 75 video frames last as long as 300"
        ):
            frames_of_outputs("s1-x", 75, num_frames)
    assert len(frames_of_outputs("s1-x", 75, 300 - TOLERANCE)) == len(frames_of_outputs("s1-x", 75, 300 + TOLERANCE)) == 300
    assert np.all(np.diff(frames_of_outputs("s1-x", 75, 300)) >= 0)
