"""Poolings whose heads see whole frames, against numpy and against each other in their limits; the orthogonality penalty."""

import copy
import math
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

sys.path.insert(0, str(Path(__file__).parent))
from three_rows import DIM, LENGTHS, random_frames, softmax, valid_frames

from cortado.errors import ConfigError, CortadoError
from cortado.nn.pooling.attentive import weighted_mean_and_deviation
from cortado.nn.pooling.attentive_statistics import AttentiveStatisticsPooling
from cortado.nn.pooling.average import AveragePooling
from cortado.nn.pooling.global_multi_head import GlobalMultiHeadPooling
from cortado.nn.pooling.multi_resolution import LearnedResolutionPooling, MultiResolutionPooling
from cortado.nn.pooling.self_attentive import SelfAttentivePooling
from cortado.nn.pooling.statistics import StatisticsPooling
from cortado.nn.pooling.structured import StructuredPooling, orthogonality_penalty


@pytest.fixture
def x():
    return random_frames(3)


def parameters(scorer):
    """W (heads, hidden, dim), g (heads, hidden), v (heads, hidden) of an additive scorer."""
    heads, hidden = scorer.query.shape
    return scorer.weight.detach().numpy(), scorer.bias.detach().numpy().reshape(heads, hidden), scorer.query.detach().numpy()


def test_self_attentive_is_its_equation(x):
    pooling = SelfAttentivePooling(DIM).double()
    (weight,), (bias,), (mu,) = parameters(pooling.scorer)
    expected = [softmax(np.tanh(h @ weight.T + bias) @ mu) @ h for h in valid_frames(x)]
    np.testing.assert_allclose(pooling(x, LENGTHS).detach(), expected, rtol=1e-10)


def test_self_attentive_with_a_zero_query_is_the_average(x):
    pooling = SelfAttentivePooling(DIM).double()
    torch.nn.init.zeros_(pooling.scorer.query)
    torch.testing.assert_close(pooling(x, LENGTHS), AveragePooling(DIM)(x, LENGTHS))


def test_attentive_statistics_are_their_equations(x):
    """Okabe et al., equations 3 to 6: the deviation is that of the weighted distribution."""
    pooling = AttentiveStatisticsPooling(DIM, hidden_dim=5).double()
    (weight,), (bias,), (v,) = parameters(pooling.scorer)
    for pooled, h in zip(pooling(x, LENGTHS).detach().numpy(), valid_frames(x), strict=True):
        a = softmax(np.maximum(h @ weight.T + bias, 0) @ v)
        mean = np.average(h, axis=0, weights=a)
        deviation = np.sqrt(np.maximum(np.average((h - mean) ** 2, axis=0, weights=a), 1e-10))
        np.testing.assert_allclose(pooled, np.concatenate([mean, deviation]), rtol=1e-9)


def test_attentive_statistics_with_a_zero_query_are_the_statistics(x):
    pooling = AttentiveStatisticsPooling(DIM).double()
    torch.nn.init.zeros_(pooling.scorer.query)
    torch.testing.assert_close(pooling(x, LENGTHS), StatisticsPooling(DIM)(x, LENGTHS))


def test_the_mean_of_attentive_statistics_is_self_attentive_pooling_with_the_same_scorer(x):
    statistics, sap = AttentiveStatisticsPooling(DIM, activation="tanh").double(), SelfAttentivePooling(DIM).double()
    statistics.scorer.load_state_dict(sap.scorer.state_dict(), strict=False)
    torch.testing.assert_close(statistics(x, LENGTHS)[:, :DIM], sap(x, LENGTHS))


def test_weighted_deviation_keeps_its_digits_beside_a_large_mean():
    frames = 1e4 + torch.randn(1, 300, 2, generator=torch.Generator().manual_seed(0))
    attention = torch.rand(1, 2, 300, generator=torch.Generator().manual_seed(1)).softmax(dim=2)
    _, deviation = weighted_mean_and_deviation(frames, attention)
    exact = frames[0].double().numpy()
    for weights, computed in zip(attention[0].double().numpy(), deviation[0], strict=True):
        mean = np.average(exact, axis=0, weights=weights)
        np.testing.assert_allclose(computed, np.sqrt(np.average((exact - mean) ** 2, axis=0, weights=weights)), rtol=1e-4)


def test_global_heads_see_the_whole_frame_and_stand_one_after_the_other(x):
    pooling = GlobalMultiHeadPooling(DIM, num_heads=3).double()
    weights, biases, queries = parameters(pooling.scorer)
    for pooled, h in zip(pooling(x, LENGTHS).detach().numpy(), valid_frames(x), strict=True):
        heads = [softmax(np.maximum(h @ w.T + g, 0) @ v) @ h for w, g, v in zip(weights, biases, queries, strict=True)]
        np.testing.assert_allclose(pooled, np.concatenate(heads), rtol=1e-10)


def test_one_global_head_is_self_attentive_pooling(x):
    one_head, sap = GlobalMultiHeadPooling(DIM, num_heads=1, activation="tanh").double(), SelfAttentivePooling(DIM).double()
    one_head.scorer.load_state_dict(sap.scorer.state_dict(), strict=False)
    torch.testing.assert_close(one_head(x, LENGTHS), sap(x, LENGTHS))


def test_a_score_offset_changes_nothing(x):
    pooling = GlobalMultiHeadPooling(DIM, num_heads=2).double()
    before = pooling(x, LENGTHS)
    torch.nn.init.constant_(pooling.scorer.offset, 7.0)
    torch.testing.assert_close(pooling(x, LENGTHS), before)


def test_all_temperatures_one_is_global_attention(x):
    pooling, plain = MultiResolutionPooling(DIM, 3, temperatures=(1, 1, 1)).double(), GlobalMultiHeadPooling(DIM, 3).double()
    pooling.load_state_dict(plain.state_dict())
    assert torch.equal(pooling(x, LENGTHS), plain(x, LENGTHS))


def test_a_temperature_divides_the_scores_of_its_own_head(x):
    pooling, plain = MultiResolutionPooling(DIM, 2, temperatures=(1, 4)).double(), GlobalMultiHeadPooling(DIM, 2).double()
    with torch.no_grad():
        plain.scorer.query[1] /= 4
    pooling.scorer.load_state_dict(plain.scorer.state_dict())
    with torch.no_grad():
        pooling.scorer.query[1] *= 4
    torch.testing.assert_close(pooling(x, LENGTHS), plain(x, LENGTHS))


def test_an_infinite_temperature_is_the_average(x):
    pooling = MultiResolutionPooling(DIM, 2, temperatures=(1e12, 1e12)).double()
    average = AveragePooling(DIM)(x, LENGTHS)
    torch.testing.assert_close(pooling(x, LENGTHS), torch.cat([average, average], dim=1))


def test_a_temperature_towards_zero_picks_the_frame_with_the_highest_score(x):
    pooling = MultiResolutionPooling(DIM, 1, temperatures=(1e-6,)).double()
    best = pooling.logits(x[:1]).argmax()
    torch.testing.assert_close(pooling(x[:1])[0], x[0, best])


def test_hotter_heads_have_the_higher_entropy(x):
    pooling = MultiResolutionPooling(DIM, 2, temperatures=(1, 10)).double()
    with torch.no_grad():
        for parameter in pooling.scorer.parameters():
            parameter.view(2, -1)[1] = parameter.view(2, -1)[0]
    attention = pooling.attention(x)
    entropy = -(attention * attention.log()).sum(dim=2)
    assert (entropy[:, 1] > entropy[:, 0]).all()
    assert (entropy <= math.log(x.shape[1])).all()


def test_learned_temperatures_are_never_below_one_and_can_leave_their_start(x):
    pooling = LearnedResolutionPooling(DIM, 4).double()
    assert pooling.temperatures.tolist() == pytest.approx([2, 2, 6, 6])
    pooling(x, LENGTHS).square().sum().backward()
    assert (pooling.roots.grad != 0).all()
    torch.nn.init.constant_(pooling.roots, -0.5)
    assert pooling.temperatures.tolist() == pytest.approx([1.25] * 4)


@pytest.mark.parametrize("temperatures", [(1.0,), (1.0, 0.0), (1.0, -2.0)])
def test_impossible_temperatures_are_refused(temperatures):
    with pytest.raises(ConfigError, match="2 positive numbers"):
        MultiResolutionPooling(DIM, 2, temperatures=temperatures)


@pytest.mark.parametrize("activation, f", [("tanh", np.tanh), ("relu", lambda y: np.maximum(y, 0))])
def test_structured_heads_share_one_hidden_layer(x, activation, f):
    pooling = StructuredPooling(DIM, 2, hidden_dim=5, activation=activation).double()
    w1, w2 = pooling.hidden.weight.detach().numpy(), pooling.heads.weight.detach().numpy()
    for pooled, h in zip(pooling(x, LENGTHS).detach().numpy(), valid_frames(x), strict=True):
        np.testing.assert_allclose(pooled, np.concatenate([softmax(f(h @ w1.T) @ v) @ h for v in w2]), rtol=1e-10)


def test_structured_deviations_stand_behind_the_mean_of_their_own_head(x):
    pooling = StructuredPooling(DIM, 2, hidden_dim=5, deviation=True).double()
    mean, deviation = weighted_mean_and_deviation(x, pooling.attention(x))
    expected = torch.cat([mean[:, 0], deviation[:, 0], mean[:, 1], deviation[:, 1]], dim=1)
    torch.testing.assert_close(pooling(x), expected)


def test_orthogonality_penalty_is_the_squared_frobenius_norm_of_each_utterance():
    attention = torch.rand(4, 3, 7, dtype=torch.float64)
    expected = np.mean([np.linalg.norm(a @ a.T - np.eye(3), "fro") ** 2 for a in attention.numpy()])
    assert orthogonality_penalty(attention).item() == pytest.approx(expected)


def test_penalty_vanishes_exactly_for_heads_that_each_pick_a_frame_of_their_own():
    assert orthogonality_penalty(torch.eye(5)[None, [4, 1, 0]]).item() == 0.0
    assert orthogonality_penalty(torch.eye(5)[None, [4, 4, 0]]).item() == 2.0


def test_penalty_of_a_padded_batch_is_the_mean_of_its_rows_alone(x):
    pooling = StructuredPooling(DIM, 2, hidden_dim=5, penalty_weight=0.3).double()
    pooling(x, LENGTHS)
    together, alone = pooling.take_penalty(), []
    for row, length in enumerate(LENGTHS):
        pooling(x[row : row + 1, :length])
        alone.append(pooling.take_penalty())
    torch.testing.assert_close(together, torch.stack(alone).mean())
    torch.testing.assert_close(together, 0.3 * orthogonality_penalty(pooling.attention(x, LENGTHS)))


def test_following_the_penalty_draws_heads_apart(x):
    pooling = StructuredPooling(DIM, 2, hidden_dim=5, penalty_weight=1.0).double()
    optimiser, penalties = torch.optim.SGD(pooling.parameters(), lr=0.5), []
    for _ in range(30):
        pooling(x)
        penalties.append(pooling.take_penalty())
        optimiser.zero_grad()
        penalties[-1].backward()
        optimiser.step()
    assert penalties[-1] < 0.9 * penalties[0]


def test_penalty_is_handed_out_once_and_leaves_no_graph_behind(x):
    pooling = StructuredPooling(DIM, 2, penalty_weight=1.0).double()
    pooling(x)
    pooling.take_penalty()
    copy.deepcopy(pooling)  # torch refuses to copy a tensor that is part of a graph
    with pytest.raises(CortadoError, match="no forward pass"):
        pooling.take_penalty()


def test_penalty_is_zero_in_evaluation_and_without_weight(x):
    for pooling in StructuredPooling(DIM, 2, penalty_weight=1.0).double().eval(), StructuredPooling(DIM, 2).double():
        pooling(x)
        assert pooling.take_penalty() == 0
