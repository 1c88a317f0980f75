"""Clips in one row of frames: nothing is lost, nothing of one clip reaches another."""

import pytest
import torch

from cortado.errors import CortadoError
from cortado.nn.visual.clips import Clips, add_taps


def test_frames_of_clips_come_back_to_their_places_with_zeros_around():
    x, lengths = torch.randn(3, 5, 2), torch.tensor([5, 1, 3])
    clips = Clips(lengths, 3, 5)
    frames = clips.pack(x)
    torch.testing.assert_close(frames, torch.cat([row[:length] for row, length in zip(x, lengths, strict=True)]), rtol=0, atol=0)
    valid = torch.arange(5) < lengths[:, None]
    assert torch.equal(clips.unpack(frames), x * valid[:, :, None])


@pytest.mark.parametrize("lengths", [None, torch.tensor([4, 4])])
def test_full_clips_are_not_copied(lengths):
    x = torch.randn(2, 4, 3)
    assert Clips(lengths, 2, 4).pack(x).data_ptr() == x.data_ptr()


@pytest.mark.parametrize("lengths", [[0, 2], [3, 5]])
def test_lengths_that_cannot_be_are_refused_with_the_numbers(lengths):
    with pytest.raises(CortadoError, match=f"clips of {lengths[0]} to {lengths[1]} frames in a batch of 4"):
        Clips(torch.tensor(lengths), 2, 4)


def taps(num_frames):
    torch.manual_seed(0)
    return [torch.randn(num_frames, 2, 1, 2, dtype=torch.float64, requires_grad=True) for _ in range(3)]


def test_taps_add_the_neighbours_of_the_same_clip_only():
    before, now, after = taps(6)  # clips of 1, 3 and 2 frames
    total = add_taps(before, now.clone(), after, Clips(torch.tensor([1, 3, 2]), 3, 3).joined)
    clip = [0, 1, 1, 1, 2, 2]
    for t in range(6):
        expected = now[t].clone()
        if t > 0 and clip[t - 1] == clip[t]:
            expected += before[t - 1]
        if t < 5 and clip[t + 1] == clip[t]:
            expected += after[t + 1]
        torch.testing.assert_close(total[t], expected)


@pytest.mark.parametrize("lengths", [[1], [4], [1, 3, 2]])
def test_gradients_of_added_taps_are_those_of_finite_differences(lengths):
    joined = Clips(torch.tensor(lengths), len(lengths), max(lengths)).joined
    assert torch.autograd.gradcheck(lambda before, now, after: add_taps(before, now.clone(), after, joined), taps(sum(lengths)))
