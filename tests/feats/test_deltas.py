"""Deltas and splicing against loops over frames, as Kaldi's manual defines them."""

import numpy as np
import pytest
import torch

from cortado.feats import add_deltas, splice


def frame(feats: np.ndarray, t: int) -> np.ndarray:
    return feats[min(max(t, 0), len(feats) - 1)]


def slope(values, t: int, window: int):
    """The regression slope at `t` of a function of time."""
    return sum(j * values(t + j) for j in range(-window, window + 1)) / sum(j * j for j in range(-window, window + 1))


@pytest.mark.parametrize("num_frames", [1, 3, 40])
@pytest.mark.parametrize("window", [1, 2, 3])
def test_deltas_are_slopes_and_slopes_of_slopes(num_frames, window):
    feats = np.random.default_rng(num_frames).standard_normal((num_frames, 5))
    first = [slope(lambda t: frame(feats, t), t, window) for t in range(num_frames)]
    second = [slope(lambda t: slope(lambda u: frame(feats, u), t, window), t, window) for t in range(num_frames)]
    expected = np.concatenate([feats, first, second], axis=1)
    np.testing.assert_allclose(add_deltas(torch.from_numpy(feats), 2, window), expected, atol=1e-12)


def test_deltas_of_a_ramp_are_its_slope_away_from_the_ends():
    ramp = torch.arange(20.0)[:, None] * 3
    deltas = add_deltas(ramp)[4:-4]
    torch.testing.assert_close(deltas[:, 1], torch.full((12,), 3.0))
    torch.testing.assert_close(deltas[:, 2], torch.zeros(12))


@pytest.mark.parametrize(("left", "right"), [(0, 0), (4, 4), (0, 3), (7, 1)])
def test_splicing_repeats_the_frames_at_the_ends(left, right):
    feats = np.random.default_rng(0).standard_normal((5, 3)).astype(np.float32)
    expected = [np.concatenate([frame(feats, t + j) for j in range(-left, right + 1)]) for t in range(5)]
    np.testing.assert_array_equal(splice(torch.from_numpy(feats), left, right), expected)
