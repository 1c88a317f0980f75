"""What every pooling promises (cortado.nn), one row each: a pooling of 12-dim frames, the width it must have, its heads."""

import copy

import pytest
import torch

from cortado.nn.pooling.attentive_statistics import AttentiveStatisticsPooling
from cortado.nn.pooling.average import AveragePooling
from cortado.nn.pooling.dictionary import DictionaryPooling
from cortado.nn.pooling.double_multi_head import DoubleMultiHeadPooling
from cortado.nn.pooling.global_multi_head import GlobalMultiHeadPooling
from cortado.nn.pooling.multi_head import LinearMultiHeadPooling, MultiHeadPooling
from cortado.nn.pooling.multi_resolution import LearnedResolutionPooling, MultiResolutionPooling
from cortado.nn.pooling.self_attentive import SelfAttentivePooling
from cortado.nn.pooling.self_multi_head import SelfMultiHeadPooling
from cortado.nn.pooling.serialized import SerializedPooling
from cortado.nn.pooling.statistics import StatisticsPooling
from cortado.nn.pooling.structured import StructuredPooling

DIM = 12
WITHOUT_ATTENTION = [
    pytest.param(lambda: AveragePooling(DIM), DIM, None, id="average"),
    pytest.param(lambda: StatisticsPooling(DIM), 2 * DIM, None, id="statistics"),
]
ATTENTIVE = [
    pytest.param(lambda: SelfAttentivePooling(DIM), DIM, 1, id="self_attentive"),
    pytest.param(lambda: AttentiveStatisticsPooling(DIM, hidden_dim=7), 2 * DIM, 1, id="attentive_statistics"),
    pytest.param(lambda: MultiHeadPooling(DIM, 4), DIM, 4, id="multi_head"),
    pytest.param(lambda: LinearMultiHeadPooling(DIM, 4), DIM, 4, id="linear_multi_head"),
    pytest.param(lambda: SelfMultiHeadPooling(DIM, 3), DIM, 3, id="self_multi_head"),
    pytest.param(lambda: DoubleMultiHeadPooling(DIM, 3), 4, 3, id="double_multi_head"),
    pytest.param(lambda: GlobalMultiHeadPooling(DIM, 3), 3 * DIM, 3, id="global_multi_head"),
    pytest.param(lambda: MultiResolutionPooling(DIM, 3), 3 * DIM, 3, id="multi_resolution"),
    pytest.param(lambda: LearnedResolutionPooling(DIM, 3), 3 * DIM, 3, id="learned_resolution"),
    pytest.param(lambda: StructuredPooling(DIM, 2, hidden_dim=9), 2 * DIM, 2, id="structured"),
    pytest.param(lambda: StructuredPooling(DIM, 2, hidden_dim=9, deviation=True), 4 * DIM, 2, id="structured_deviation"),
    pytest.param(lambda: SerializedPooling(DIM, 3, attention_dim=8, feedforward_dim=16), DIM, 3, id="serialized"),
    pytest.param(lambda: DictionaryPooling(DIM, 5), 5 * DIM, 5, id="dictionary"),
]
LENGTHS = torch.tensor([21, 1, 7, 20, 2])

every_pooling = pytest.mark.parametrize("make, width, num_heads", WITHOUT_ATTENTION + ATTENTIVE)
every_attention = pytest.mark.parametrize("make, width, num_heads", ATTENTIVE)


@pytest.fixture(autouse=True)
def seed():
    torch.manual_seed(0)


@pytest.fixture
def x():
    return torch.randn(len(LENGTHS), int(LENGTHS.max()), DIM, generator=torch.Generator().manual_seed(1))


@every_pooling
def test_output_has_the_declared_width(make, width, num_heads, x):
    pooling = make()
    assert pooling(x, LENGTHS).shape == (len(x), pooling.out_dim) == (len(x), width)


@every_pooling
@pytest.mark.parametrize("garbage", [1e4, float("inf"), float("nan")])
def test_padding_never_changes_the_output_nor_any_gradient(make, width, num_heads, x, garbage):
    pooling, outcomes = make().eval(), []
    for filling in (0.0, garbage):
        for row, length in enumerate(LENGTHS):
            x[row, length:] = filling
        frames = x.clone().requires_grad_()
        y = pooling(frames, LENGTHS)
        pooling.zero_grad()
        y.square().sum().backward()
        outcomes.append([y.detach(), frames.grad, *(p.grad for p in pooling.parameters() if p.requires_grad)])
    for clean, dirty in zip(*outcomes, strict=True):
        torch.testing.assert_close(dirty, clean, rtol=0, atol=0)


@every_pooling
def test_a_batch_gives_what_its_rows_give_alone(make, width, num_heads, x):
    pooling = make().eval()
    alone = torch.cat([pooling(x[i : i + 1, :n]) for i, n in enumerate(LENGTHS)])
    torch.testing.assert_close(pooling(x, LENGTHS), alone, rtol=1e-5, atol=1e-6)


@every_pooling
def test_rows_of_a_batch_do_not_see_each_other(make, width, num_heads, x):
    pooling, order = make().eval(), torch.tensor([3, 0, 4, 1, 2])
    torch.testing.assert_close(pooling(x[order], LENGTHS[order]), pooling(x, LENGTHS)[order], rtol=1e-6, atol=1e-6)


@every_pooling
def test_no_lengths_equal_full_lengths(make, width, num_heads, x):
    pooling = make().eval()
    full = torch.full((len(x),), x.shape[1])
    torch.testing.assert_close(pooling(x), pooling(x, full), rtol=1e-6, atol=1e-6)


@every_pooling
@pytest.mark.parametrize("lengths", [None, torch.tensor([1, 1, 1])])
def test_a_single_frame_is_finite_forward_and_backward(make, width, num_heads, lengths):
    assert_finite(make(), torch.randn(3, 1, DIM), lengths)


@every_pooling
@pytest.mark.parametrize("value", [0.0, 1.0, -300.0])
@pytest.mark.parametrize("lengths", [None, torch.tensor([9, 4, 1])])
def test_a_constant_input_has_a_finite_gradient(make, width, num_heads, value, lengths):
    assert_finite(make(), torch.full((3, 9, DIM), value), lengths)


@every_pooling
@pytest.mark.parametrize("dtype, tolerance", [(torch.bfloat16, 2e-2), (torch.float16, 2e-3)])
def test_half_precision_frames_give_finite_and_close_values(make, width, num_heads, dtype, tolerance):
    """3000 frames around 200: sums and squares leave the range of float16 (65,504) unless they are kept in float32."""
    pooling, x = make().eval(), 200.0 + 50.0 * torch.randn(2, 3000, DIM, generator=torch.Generator().manual_seed(2))
    lengths = torch.tensor([3000, 1200])
    half = pooling.to(dtype)(x.to(dtype), lengths)
    assert half.dtype == dtype
    exact = copy.deepcopy(pooling).double()(x.to(dtype).double(), lengths)
    torch.testing.assert_close(half.double(), exact, rtol=tolerance, atol=tolerance)


@every_pooling
def test_autocast_changes_little(make, width, num_heads, x):
    pooling = make().eval()
    with torch.autocast("cpu", dtype=torch.bfloat16):
        mixed = pooling(x, LENGTHS)
    assert mixed.dtype == torch.float32
    tolerance = 3e-2 if isinstance(pooling, SerializedPooling) else 0.0  # the only one whose layers may run in the lower type
    torch.testing.assert_close(mixed, pooling(x, LENGTHS), rtol=tolerance, atol=tolerance)


@every_pooling
def test_shapes_can_be_had_without_computing(make, width, num_heads, x):
    """On the meta device, where networks of any size are counted."""
    assert make().to("meta")(x.to("meta"), LENGTHS.to("meta")).shape == (len(x), width)


@every_attention
def test_every_trained_parameter_has_a_gradient(make, width, num_heads, x):
    """DistributedDataParallel waits for ever, or stops, for a parameter that a backward pass does not reach."""
    pooling = make().train()
    pooling(x, LENGTHS).square().sum().backward()
    assert all(p.grad is not None for p in pooling.parameters() if p.requires_grad)


@every_attention
def test_attention_is_a_distribution_over_the_valid_frames_and_exactly_zero_beyond(make, width, num_heads, x):
    x[2, 7:] = float("nan")
    attention = make().eval().attention(x, LENGTHS)
    assert attention.shape == (len(x), num_heads, x.shape[1])
    for row, length in enumerate(LENGTHS):
        assert (attention[row, :, :length] > 0).all()
        assert (attention[row, :, length:] == 0).all()
    torch.testing.assert_close(attention.sum(dim=2), torch.ones(len(x), num_heads))


@every_attention
def test_attention_is_float32_whatever_the_frames(make, width, num_heads, x):
    pooling = make().eval()
    with torch.autocast("cpu", dtype=torch.bfloat16):
        assert pooling.attention(x.bfloat16(), LENGTHS).dtype == torch.float32


@every_attention
def test_equal_frames_get_equal_weights(make, width, num_heads):
    attention = make().eval().attention(torch.ones(1, 8, DIM), torch.tensor([5]))
    torch.testing.assert_close(attention[0, :, :5], torch.full((num_heads, 5), 0.2))


@every_attention
def test_gradients_agree_with_finite_differences(make, width, num_heads):
    pooling, lengths = make().eval().double(), torch.tensor([4, 2])
    x = torch.randn(2, 4, DIM, dtype=torch.float64, requires_grad=True)
    parameters = [p for p in pooling.parameters() if p.requires_grad]
    assert torch.autograd.gradcheck(lambda x, *_: pooling(x, lengths), (x, *parameters), fast_mode=True)


def assert_finite(pooling, x, lengths):
    x.requires_grad_()
    y = pooling(x, lengths)
    y.sum().backward()
    assert y.isfinite().all()
    assert x.grad.isfinite().all()
    assert all(p.grad.isfinite().all() for p in pooling.parameters() if p.requires_grad)
