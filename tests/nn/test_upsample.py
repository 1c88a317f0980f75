"""Interpolation in time against torch's own, and the same bits with and without padding."""

import pytest
import torch
from torch.nn import functional as F

from cortado.nn.upsample import interpolate


@pytest.mark.parametrize("factor", [1, 2, 4])
@pytest.mark.parametrize("num_frames", [1, 2, 7])
def test_it_is_torchs_linear_interpolation(factor, num_frames):
    x = torch.randn(3, num_frames, 5, dtype=torch.float64)
    oracle = F.interpolate(x.transpose(1, 2), scale_factor=factor, mode="linear", align_corners=False).transpose(1, 2)
    torch.testing.assert_close(interpolate(x, None, factor), oracle)


def test_a_clip_alone_has_the_bits_that_it_has_in_a_padded_batch():
    lengths = [1, 3, 8]
    x = torch.randn(3, 8, 37)
    for row, length in enumerate(lengths):
        x[row, length:] = torch.nan
    together = interpolate(x, torch.tensor(lengths), 4)
    for row, length in enumerate(lengths):
        assert torch.equal(together[row, : 4 * length], interpolate(x[row : row + 1, :length], None, 4)[0])
