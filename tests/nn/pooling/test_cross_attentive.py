"""Cross attentive pooling of a grid of pairs against the papers' steps for one pair after the other."""

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from cortado.nn.pooling.cross_attentive import CrossAttentivePooling, PairHead

DIM = 5
SUPPORT_LENGTHS, QUERY_LENGTHS = torch.tensor([8, 3, 1]), torch.tensor([6, 1, 4, 2])


@pytest.fixture
def maps():
    torch.manual_seed(6)
    return torch.randn(3, 8, DIM, dtype=torch.float64), torch.randn(4, 6, DIM, dtype=torch.float64)


def one_pair(s, q, pooling):
    """The six steps for s (Ts, dim) and q (Tq, dim), with the correlation matrix and everything in it: two vectors, two weights."""
    weight, bias = pooling.projection.weight, pooling.projection.bias
    correlation = F.normalize(F.relu(s @ weight.T + bias), dim=1) @ F.normalize(F.relu(q @ weight.T + bias), dim=1).T
    outcome = []
    for frames, rows in (s, correlation), (q, correlation.T):
        a = (rows @ rows.mean(dim=0) / pooling.temperature).softmax(dim=0)
        outcome += [((1 + a).unsqueeze(1) * frames).mean(dim=0), a]
    return outcome


def test_the_grid_is_a_loop_over_pairs(maps):
    support, query = maps
    pooling = CrossAttentivePooling(DIM).double()
    pooled_support, pooled_query = pooling(support, query, SUPPORT_LENGTHS, QUERY_LENGTHS)
    a_support, a_query = pooling.attention(support, query, SUPPORT_LENGTHS, QUERY_LENGTHS)
    assert pooled_support.shape == pooled_query.shape == (3, 4, DIM)
    assert (a_support.shape, a_query.shape) == ((3, 4, 8), (3, 4, 6))
    for i, ts in enumerate(SUPPORT_LENGTHS):
        for j, tq in enumerate(QUERY_LENGTHS):
            e_s, a_s, e_q, a_q = one_pair(support[i, :ts], query[j, :tq], pooling)
            torch.testing.assert_close(pooled_support[i, j], e_s)
            torch.testing.assert_close(pooled_query[i, j], e_q)
            torch.testing.assert_close(a_support[i, j, :ts], a_s)
            torch.testing.assert_close(a_query[i, j, :tq], a_q)
            assert (a_support[i, j, ts:] == 0).all()
            assert (a_query[i, j, tq:] == 0).all()


def test_a_pair_is_what_numpy_computes_from_the_equations():
    rng = np.random.default_rng(0)
    s, q = rng.normal(size=(7, DIM)), rng.normal(size=(4, DIM))
    pooling = CrossAttentivePooling(DIM, temperature=0.2).double()
    weight, bias = (p.detach().numpy() for p in pooling.projection.parameters())

    def directions(frames):
        projected = np.maximum(frames @ weight.T + bias, 0)
        return projected / np.linalg.norm(projected, axis=1, keepdims=True)

    correlation = directions(s) @ directions(q).T
    logits = np.array([row @ correlation.mean(axis=0) for row in correlation]) / 0.2
    a = np.exp(logits) / np.exp(logits).sum()
    pooled, _ = pooling(torch.tensor(s)[None], torch.tensor(q)[None])
    np.testing.assert_allclose(pooled[0, 0].detach(), s.mean(axis=0) + a @ s / len(s), rtol=1e-9)


def test_swapping_the_sides_swaps_the_vectors(maps):
    pooling = CrossAttentivePooling(DIM).double()
    pooled_support, pooled_query = pooling(*maps, SUPPORT_LENGTHS, QUERY_LENGTHS)
    swapped_query, swapped_support = pooling(*reversed(maps), QUERY_LENGTHS, SUPPORT_LENGTHS)
    torch.testing.assert_close(swapped_support, pooled_support.transpose(0, 1))
    torch.testing.assert_close(swapped_query, pooled_query.transpose(0, 1))


def test_an_infinite_temperature_is_the_average_times_one_plus_one_over_its_frames(maps):
    pooling = CrossAttentivePooling(DIM, temperature=1e12).double()
    for pooled, x in zip(pooling(*maps), (maps[0].unsqueeze(1), maps[1].unsqueeze(0)), strict=True):
        torch.testing.assert_close(pooled, ((1 + 1 / x.shape[2]) * x.mean(dim=2)).expand(pooled.shape))


def test_utterances_of_one_frame_are_doubled():
    x, y = torch.randn(2, 1, DIM), torch.randn(3, 1, DIM)
    pooled_x, pooled_y = CrossAttentivePooling(DIM)(x, y)
    torch.testing.assert_close(pooled_x, 2 * x.expand(2, 3, DIM))
    torch.testing.assert_close(pooled_y, 2 * y.transpose(0, 1).expand(2, 3, DIM))


def test_leading_dimensions_are_grids_of_their_own():
    pooling, support, query = CrossAttentivePooling(DIM), torch.randn(2, 3, 8, DIM), torch.randn(2, 4, 6, DIM)
    support_lengths, query_lengths = torch.tensor([[8, 3, 1], [5, 8, 2]]), torch.tensor([[6, 1, 4, 2], [3, 3, 6, 5]])
    together = pooling(support, query, support_lengths, query_lengths)
    alone = [pooling(*grid) for grid in zip(support, query, support_lengths, query_lengths, strict=True)]
    for side, grids in zip(together, zip(*alone, strict=True), strict=True):
        torch.testing.assert_close(side, torch.stack(grids))


@pytest.mark.parametrize("garbage", [1e4, float("inf"), float("nan")])
def test_padding_of_either_side_changes_no_vector_and_no_gradient(maps, garbage):
    pooling, outcomes = CrossAttentivePooling(DIM).double(), []
    for filling in (0.0, garbage):
        sides = [x.clone() for x in maps]
        for x, lengths in zip(sides, (SUPPORT_LENGTHS, QUERY_LENGTHS), strict=True):
            for row, length in enumerate(lengths):
                x[row, length:] = filling
            x.requires_grad_()
        pooled = pooling(*sides, SUPPORT_LENGTHS, QUERY_LENGTHS)
        pooling.zero_grad()
        sum(side.square().sum() for side in pooled).backward()
        outcomes.append([*(side.detach() for side in pooled), *(x.grad for x in sides), *(p.grad for p in pooling.parameters())])
    for clean, dirty in zip(*outcomes, strict=True):
        torch.testing.assert_close(dirty, clean, rtol=0, atol=0)


@pytest.mark.parametrize("value", [0.0, 1.0, -300.0])
def test_constant_maps_have_finite_gradients_even_where_the_projection_is_dead(value):
    pooling = CrossAttentivePooling(DIM)
    torch.nn.init.zeros_(pooling.projection.bias)
    support, query = (torch.full((2, t, DIM), value, requires_grad=True) for t in (4, 1))
    sum(side.sum() for side in pooling(support, query)).backward()
    assert all(x.grad.isfinite().all() for x in (support, query, *pooling.parameters()))


def test_gradients_agree_with_finite_differences(maps):
    pooling = CrossAttentivePooling(DIM, temperature=0.5).double()
    inputs = [x[:2].clone().requires_grad_() for x in maps]
    assert torch.autograd.gradcheck(lambda s, q, *_: pooling(s, q, SUPPORT_LENGTHS[:2]), (*inputs, *pooling.parameters()), fast_mode=True)


@pytest.mark.parametrize("dtype, tolerance", [(torch.bfloat16, 1e-2), (torch.float16, 1e-3)])
def test_half_precision_maps_give_close_values_of_their_type(maps, dtype, tolerance):
    """The temperature 0.05 multiplies by 20 whatever the correlations have lost."""
    pooling, (support, query) = CrossAttentivePooling(DIM).to(dtype), (x.to(dtype) for x in maps)
    half = pooling(support, query, SUPPORT_LENGTHS)
    exact = pooling.double()(support.double(), query.double(), SUPPORT_LENGTHS)
    for side, expected in zip(half, exact, strict=True):
        assert side.dtype == dtype
        torch.testing.assert_close(side.double(), expected, rtol=tolerance, atol=tolerance)


def test_no_matrix_of_all_frames_against_all_frames_is_made():
    """12 x 10 pairs of 300 and 250 frames: R would take 9 million numbers, 36 MB; the largest tensor must be far smaller."""
    largest = 0

    class Watch(torch.overrides.TorchFunctionMode):
        def __torch_function__(self, function, types, args=(), kwargs=None):
            nonlocal largest
            out = function(*args, **(kwargs or {}))
            if isinstance(out, torch.Tensor):
                largest = max(largest, out.numel())
            return out

    with torch.no_grad(), Watch():
        CrossAttentivePooling(8)(torch.randn(12, 300, 8), torch.randn(10, 250, 8))
    assert largest == 12 * 10 * 300


def test_the_pair_head_normalises_both_sides_by_statistics_of_all_their_vectors():
    head, support, query = PairHead(DIM, 3).double(), torch.randn(3, 4, DIM).double(), 2 + 5 * torch.randn(3, 4, DIM).double()
    both = np.concatenate([support.numpy().reshape(-1, DIM), query.numpy().reshape(-1, DIM)])
    weight = head.linear.weight.detach().numpy()
    for side, embedded in zip((support, query), head(support, query), strict=True):
        normalised = (side.numpy() - both.mean(axis=0)) / np.sqrt(both.var(axis=0) + 1e-5)
        np.testing.assert_allclose(embedded.detach(), np.maximum(normalised, 0) @ weight.T, rtol=1e-9, atol=1e-12)
