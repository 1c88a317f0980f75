"""What every pooling promises (cortado.nn), one row each: a pooling of 12-dim frames and the width it must have."""

import pytest
import torch

from cortado.nn.pooling.average import AveragePooling
from cortado.nn.pooling.statistics import StatisticsPooling

DIM = 12
POOLINGS = [
    pytest.param(lambda: AveragePooling(DIM), DIM, id="average"),
    pytest.param(lambda: StatisticsPooling(DIM), 2 * DIM, id="statistics"),
]
LENGTHS = torch.tensor([21, 1, 7, 20, 2])

pytestmark = pytest.mark.parametrize("make, width", POOLINGS)


@pytest.fixture
def x():
    return torch.randn(len(LENGTHS), int(LENGTHS.max()), DIM, generator=torch.Generator().manual_seed(1))


def test_output_has_the_declared_width(make, width, x):
    pooling = make()
    assert pooling(x, LENGTHS).shape == (len(x), pooling.out_dim) == (len(x), width)


@pytest.mark.parametrize("garbage", [1e4, float("inf"), float("nan")])
def test_padding_never_changes_the_output(make, width, x, garbage):
    pooling, clean = make().eval(), x.clone()
    for row, length in enumerate(LENGTHS):
        x[row, length:] = garbage
        clean[row, length:] = 0.0
    torch.testing.assert_close(pooling(x, LENGTHS), pooling(clean, LENGTHS), rtol=0, atol=0)


def test_a_batch_gives_what_its_rows_give_alone(make, width, x):
    pooling = make().eval()
    alone = torch.cat([pooling(x[i : i + 1, :n]) for i, n in enumerate(LENGTHS)])
    torch.testing.assert_close(pooling(x, LENGTHS), alone, rtol=1e-5, atol=1e-6)


def test_rows_of_a_batch_do_not_see_each_other(make, width, x):
    pooling, order = make().eval(), torch.tensor([3, 0, 4, 1, 2])
    torch.testing.assert_close(pooling(x[order], LENGTHS[order]), pooling(x, LENGTHS)[order], rtol=0, atol=0)


def test_no_lengths_equal_full_lengths(make, width, x):
    pooling = make().eval()
    full = torch.full((len(x),), x.shape[1])
    torch.testing.assert_close(pooling(x), pooling(x, full), rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("lengths", [None, torch.tensor([1, 1, 1])])
def test_a_single_frame_is_finite_forward_and_backward(make, width, lengths):
    assert_finite(make(), torch.randn(3, 1, DIM), lengths)


@pytest.mark.parametrize("value", [0.0, 1.0, -300.0])
@pytest.mark.parametrize("lengths", [None, torch.tensor([9, 4, 1])])
def test_a_constant_input_has_a_finite_gradient(make, width, value, lengths):
    assert_finite(make(), torch.full((3, 9, DIM), value), lengths)


@pytest.mark.parametrize("dtype, tolerance", [(torch.bfloat16, 2e-2), (torch.float16, 2e-3)])
def test_half_precision_frames_give_finite_and_close_values(make, width, dtype, tolerance):
    """3000 frames around 200: sums and squares leave the range of float16 (65,504) unless they are kept in float32."""
    pooling, x = make().eval(), 200.0 + 50.0 * torch.randn(2, 3000, DIM, generator=torch.Generator().manual_seed(2))
    half = pooling.to(dtype)(x.to(dtype), torch.tensor([3000, 1200]))
    assert half.dtype == dtype
    exact = make().eval()(x.to(dtype).float(), torch.tensor([3000, 1200]))
    torch.testing.assert_close(half.float(), exact, rtol=tolerance, atol=tolerance)


def assert_finite(pooling, x, lengths):
    x.requires_grad_()
    y = pooling(x, lengths)
    y.sum().backward()
    assert y.isfinite().all()
    assert x.grad.isfinite().all()
