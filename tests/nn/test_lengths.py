"""Masks, masked statistics and length arithmetic against numpy loops and torch's own convolutions."""

import itertools

import numpy as np
import pytest
import torch

from cortado.errors import CortadoError
from cortado.nn.lengths import check_features, conv_length, is_padding, masked_mean, masked_mean_and_variance


def test_is_padding_marks_exactly_the_frames_beyond_the_length():
    mask = is_padding(torch.tensor([4, 1, 3]), 4)
    assert mask.tolist() == [[False] * 4, [False, True, True, True], [False, False, False, True]]


@pytest.mark.parametrize("kernel_size, stride, padding, dilation", list(itertools.product((1, 3, 5), (1, 2, 3), (0, 1, 2), (1, 2))))
def test_conv_length_is_what_torch_makes(kernel_size, stride, padding, dilation):
    conv = torch.nn.Conv1d(1, 1, kernel_size, stride, padding, dilation)
    frames = range(dilation * (kernel_size - 1) + 1, 40)
    real = [conv(torch.zeros(1, 1, n)).shape[2] for n in frames]
    assert [conv_length(n, kernel_size, stride, padding, dilation) for n in frames] == real
    assert conv_length(torch.tensor(list(frames)), kernel_size, stride, padding, dilation).tolist() == real


def test_masked_mean_and_variance_equal_numpy_on_each_row_alone():
    x, lengths = torch.randn(5, 30, 7, dtype=torch.float64), torch.tensor([30, 1, 12, 29, 2])
    mean, variance = masked_mean_and_variance(x, lengths)
    for row, length in enumerate(lengths.tolist()):
        valid = x[row, :length].numpy()
        np.testing.assert_allclose(mean[row], valid.mean(axis=0), rtol=1e-12, atol=1e-12)
        np.testing.assert_allclose(variance[row], valid.var(axis=0), rtol=1e-12, atol=1e-12)


def test_variance_keeps_its_digits_beside_a_large_mean():
    x = torch.randn(1, 400, 3, generator=torch.Generator().manual_seed(0)) + 1e4
    _, variance = masked_mean_and_variance(x, None)
    torch.testing.assert_close(variance[0].double(), x[0].double().var(dim=0, correction=0), rtol=1e-4, atol=0)


def test_bfloat16_frames_are_summed_in_float32():
    """4096 ones: a bfloat16 running sum would stop at 256."""
    assert masked_mean(torch.ones(1, 4096, 1, dtype=torch.bfloat16), torch.tensor([4096])).item() == 1.0


def test_not_a_number_in_the_padding_does_not_reach_the_mean():
    x = torch.ones(1, 4, 2)
    x[0, 2:] = float("nan")
    assert masked_mean(x, torch.tensor([2])).tolist() == [[1.0, 1.0]]


@pytest.mark.parametrize(
    "x, lengths, message",
    [
        (torch.zeros(2, 9, 23), None, r"\(2, 9, 23\).*\(batch, time, 26\)"),
        (torch.zeros(9, 26), None, r"\(9, 26\)"),
        (torch.zeros(2, 9, 26), None, "9 frames.*at least 15"),
        (torch.zeros(2, 20, 26), torch.tensor([20, 14]), "14 frames.*at least 15"),
        (torch.zeros(2, 20, 26), torch.tensor([20, 21]), "21 frames in a batch of 20"),
    ],
)
def test_features_that_do_not_fit_the_network_are_refused_with_the_numbers(x, lengths, message):
    with pytest.raises(CortadoError, match=message):
        check_features(x, lengths, feat_dim=26, min_frames=15)
