"""Poolings whose heads see parts of the frames, against numpy and in their limits; head drop; dictionary encoding."""

import math
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

sys.path.insert(0, str(Path(__file__).parent))
from three_rows import DIM, LENGTHS, random_frames, softmax, valid_frames

from cortado.errors import ConfigError
from cortado.nn.pooling.average import AveragePooling
from cortado.nn.pooling.dictionary import DictionaryPooling
from cortado.nn.pooling.double_multi_head import DoubleMultiHeadPooling
from cortado.nn.pooling.global_multi_head import GlobalMultiHeadPooling
from cortado.nn.pooling.multi_head import LinearMultiHeadPooling, MultiHeadPooling
from cortado.nn.pooling.self_multi_head import SelfMultiHeadPooling

HEADS = 3
SPLIT = [MultiHeadPooling, LinearMultiHeadPooling, SelfMultiHeadPooling]


@pytest.fixture
def x():
    return random_frames(4)


def contexts(h, queries, divisor=1.0):
    """Each head's mean of its part of h (time, dim), weighted by softmax(part . query / divisor): (heads, head_dim)."""
    parts = np.split(h, len(queries), axis=1)
    return np.array([softmax(part @ u / divisor) @ part for part, u in zip(parts, queries, strict=True)])


def test_equation_1_scores_each_part_with_a_network_of_its_own(x):
    pooling = MultiHeadPooling(DIM, HEADS).double()
    weights, queries = pooling.scorer.weight.detach().numpy(), pooling.scorer.query.detach().numpy()
    biases = pooling.scorer.bias.detach().numpy().reshape(HEADS, -1)
    for pooled, h in zip(pooling(x, LENGTHS).detach().numpy(), valid_frames(x), strict=True):
        parts = np.split(h, HEADS, axis=1)
        heads = [softmax(np.maximum(p @ w.T + g, 0) @ v) @ p for p, w, g, v in zip(parts, weights, biases, queries, strict=True)]
        np.testing.assert_allclose(pooled, np.concatenate(heads), rtol=1e-10)


@pytest.mark.parametrize(
    "make, divisor",
    [
        (LinearMultiHeadPooling, 1.0),
        (SelfMultiHeadPooling, math.sqrt(DIM / HEADS)),
        (lambda dim, heads: SelfMultiHeadPooling(dim, heads, scale="num_heads"), math.sqrt(HEADS)),
    ],
    ids=["equation 5", "India 2019", "India 2019, the code"],
)
def test_linear_heads_are_their_equation(x, make, divisor):
    pooling = make(DIM, HEADS).double()
    queries = pooling.scorer.query.detach().numpy()
    expected = [contexts(h, queries, divisor).ravel() for h in valid_frames(x)]
    np.testing.assert_allclose(pooling(x, LENGTHS).detach(), expected, rtol=1e-10)


def test_one_part_is_one_head_on_the_whole_frame(x):
    split, whole = MultiHeadPooling(DIM, 1).double(), GlobalMultiHeadPooling(DIM, 1).double()
    split.load_state_dict(whole.state_dict())
    torch.testing.assert_close(split(x, LENGTHS), whole(x, LENGTHS))


@pytest.mark.parametrize("make", SPLIT)
def test_zero_queries_are_the_average(x, make):
    pooling = make(DIM, HEADS).double()
    torch.nn.init.zeros_(pooling.scorer.query)
    torch.testing.assert_close(pooling(x, LENGTHS), AveragePooling(DIM)(x, LENGTHS))


@pytest.mark.parametrize("make", SPLIT)
def test_a_part_does_not_move_the_heads_of_the_others(x, make):
    pooling, other = make(DIM, HEADS).double(), x.clone()
    other[:, :, 2:4] = torch.randn_like(other[:, :, 2:4])
    changed = (pooling(x) != pooling(other)).any(dim=0)
    assert changed.tolist() == [False, False, True, True, False, False]


@pytest.mark.parametrize("make", [*SPLIT, DoubleMultiHeadPooling])
def test_frames_that_cannot_be_cut_into_equal_heads_are_refused(make):
    with pytest.raises(ConfigError, match=r"6 dimensions.*4 equal heads"):
        make(DIM, 4)


def test_double_attention_is_its_equations(x):
    pooling = DoubleMultiHeadPooling(DIM, HEADS).double().eval()
    queries, u = pooling.scorer.query.detach().numpy(), pooling.head_query.detach().numpy()
    for pooled, h in zip(pooling(x, LENGTHS).detach().numpy(), valid_frames(x), strict=True):
        c = contexts(h, queries, math.sqrt(DIM / HEADS))
        np.testing.assert_allclose(pooled, softmax(c @ u) @ c, rtol=1e-10)


def test_double_attention_with_one_head_is_plain_multi_head_attention(x):
    double, plain = DoubleMultiHeadPooling(DIM, 1).double(), SelfMultiHeadPooling(DIM, 1).double()
    double.load_state_dict(plain.state_dict(), strict=False)
    torch.testing.assert_close(double(x, LENGTHS), plain(x, LENGTHS))  # in training: the only head is never dropped


def test_double_attention_with_a_zero_head_query_is_the_mean_of_the_contexts(x):
    double, plain = DoubleMultiHeadPooling(DIM, HEADS).double().eval(), SelfMultiHeadPooling(DIM, HEADS).double()
    double.load_state_dict(plain.state_dict(), strict=False)
    torch.nn.init.zeros_(double.head_query)
    torch.testing.assert_close(double(x, LENGTHS), plain(x, LENGTHS).view(3, HEADS, -1).mean(dim=1))


def test_no_head_drop_trains_on_what_is_evaluated(x):
    pooling = DoubleMultiHeadPooling(DIM, HEADS, head_drop=0.0).double()
    assert torch.equal(pooling.train()(x, LENGTHS), pooling.eval()(x, LENGTHS))


@pytest.mark.parametrize("head_drop", [1 / 3, 0.95])
def test_head_drop_leaves_out_heads_at_its_rate_and_never_all_of_them(head_drop):
    pooling, num_rows = DoubleMultiHeadPooling(DIM, HEADS, head_drop=head_drop), 20_000
    torch.manual_seed(0)
    weights = pooling.head_attention(torch.randn(num_rows, HEADS, DIM // HEADS))
    torch.testing.assert_close(weights.sum(dim=1), torch.ones(num_rows))
    dropped = (weights == 0).float().mean().item()
    rate = head_drop - head_drop**HEADS  # rows that would lose all heads keep them
    assert dropped == pytest.approx(rate, abs=4 * math.sqrt(rate / (HEADS * num_rows)))
    kept = weights[(weights > 0).sum(dim=1) == 1]
    assert (kept.max(dim=1).values == 1).all()


def test_an_impossible_head_drop_is_refused():
    with pytest.raises(ConfigError, match=r"\[0, 1\), not 1"):
        DoubleMultiHeadPooling(DIM, HEADS, head_drop=1.0)


def test_dictionary_encoding_is_its_equations(x):
    pooling = DictionaryPooling(DIM, 4).double()
    torch.nn.init.normal_(pooling.log_scales)
    centres, scales = pooling.centres.detach().numpy(), pooling.log_scales.exp().detach().numpy()
    for pooled, h in zip(pooling(x, LENGTHS).detach().numpy(), valid_frames(x), strict=True):
        residuals = h[:, None] - centres
        shares = np.array([softmax(-scales * (r**2).sum(axis=1)) for r in residuals])
        np.testing.assert_allclose(pooled, (shares[:, :, None] * residuals).mean(axis=0).ravel(), rtol=1e-9, atol=1e-12)


def test_dictionary_encoding_with_one_component_is_the_mean_residual(x):
    pooling = DictionaryPooling(DIM, 1).double()
    torch.testing.assert_close(pooling(x, LENGTHS), AveragePooling(DIM)(x, LENGTHS) - pooling.centres)


def test_a_component_without_frames_gives_zero_and_not_nan(x):
    pooling = DictionaryPooling(DIM, 2).double()
    torch.nn.init.constant_(pooling.centres[1], 1e4)
    pooled = pooling(x, LENGTHS).view(3, 2, DIM)
    assert (pooled[:, 1] == 0).all()
    torch.testing.assert_close(pooled[:, 0], AveragePooling(DIM)(x, LENGTHS) - pooling.centres[0])
    pooled.sum().backward()
    assert pooling.centres.grad.isfinite().all()
