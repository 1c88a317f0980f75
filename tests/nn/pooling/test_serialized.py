"""Serialized attention against a plain numpy computation, layer by layer, and what training leaves alone."""

import numpy as np
import pytest
import torch

from cortado.nn.pooling.serialized import SerializedPooling

DIM = 6
LENGTHS = [9, 4, 1]


@pytest.fixture
def x():
    torch.manual_seed(5)
    return torch.randn(3, 9, DIM, dtype=torch.float64)


def make(num_layers, **options):
    pooling = SerializedPooling(DIM, num_layers, attention_dim=4, feedforward_dim=10, **options).double()
    for parameter in pooling.parameters():
        torch.nn.init.normal_(parameter, std=0.5)
    return pooling.eval()


def layer_norm(v, weight, bias):
    return (v - v.mean(axis=1, keepdims=True)) / np.sqrt(v.var(axis=1, keepdims=True) + 1e-6) * weight + bias


def serialized(v, pooling):
    """papers.md's words in numpy, for the frames v (time, dim) of one utterance."""
    total, weights = 0.0, {name: p.detach().numpy() for name, p in pooling.named_parameters()}
    for n in range(len(pooling.layers)):
        w = {name.removeprefix(f"layers.{n}."): value for name, value in weights.items() if name.startswith(f"layers.{n}.")}
        u = layer_norm(v, w["norm.weight"], w["norm.bias"])
        q = w["query.weight"] @ np.concatenate([u.mean(axis=0), np.sqrt(np.maximum(u.var(axis=0), 1e-10))])
        scores = u @ w["key.weight"].T @ q / np.sqrt(len(q))
        a = np.exp(scores - scores.max()) / np.exp(scores - scores.max()).sum()
        mean = a @ u
        deviation = np.sqrt(np.maximum(a @ (u - mean) ** 2, 1e-10))
        total = total + w["head.weight"] @ np.concatenate([mean, deviation]) + w["head.bias"]
        v = v + w["value.weight"] @ mean
        hidden = np.maximum(
            layer_norm(v, w["feedforward.0.weight"], w["feedforward.0.bias"]) @ w["feedforward.1.weight"].T + w["feedforward.1.bias"], 0
        )
        v = v + hidden @ w["feedforward.3.weight"].T + w["feedforward.3.bias"]
    return total


@pytest.mark.parametrize("num_layers", [1, 2, 4])
def test_a_stack_is_what_numpy_computes(x, num_layers):
    pooling = make(num_layers)
    expected = [serialized(x[row, :length].numpy(), pooling) for row, length in enumerate(LENGTHS)]
    np.testing.assert_allclose(pooling(x, torch.tensor(LENGTHS)).detach(), expected, rtol=1e-9)


def test_more_layers_add_to_the_sum_of_the_first(x):
    """The output of a stack is a sum, so its first layer's share is what a stack of one gives."""
    stack, first = make(3), make(1)
    first.layers[0].load_state_dict(stack.layers[0].state_dict())
    for layer in stack.layers[1:]:
        torch.nn.init.zeros_(layer.head.weight)
        torch.nn.init.zeros_(layer.head.bias)
    torch.testing.assert_close(stack(x), first(x))


def test_a_query_of_zeros_weights_all_frames_alike(x):
    pooling = make(2)
    for layer in pooling.layers:
        torch.nn.init.zeros_(layer.query.weight)
    torch.testing.assert_close(pooling.attention(x), torch.full((3, 2, 9), 1 / 9, dtype=torch.float64))


def test_the_query_depends_on_the_utterance(x):
    """The same frame beside others: with a query that is a parameter its score would be what it was."""
    pooling, other = make(1), x[:1].clone()
    other[:, 2:] = torch.randn_like(other[:, 2:])
    ratios = [pooling.attention(frames)[0, 0, 0] / pooling.attention(frames)[0, 0, 1] for frames in (x[:1], other)]
    assert abs(ratios[0] / ratios[1] - 1) > 1e-3


def test_dropout_acts_in_training_between_layers_only(x):
    pooling = make(1, dropout=0.5).train()
    assert torch.equal(pooling(x), pooling.eval()(x))
    pooling = make(2, dropout=0.5).train()
    assert not torch.equal(pooling(x), pooling.eval()(x))


def test_what_follows_the_last_layer_is_frozen_and_has_no_influence(x):
    pooling = make(2)
    before = pooling(x)
    frozen = [name for name, p in pooling.named_parameters() if not p.requires_grad]
    assert {name.split(".")[2] for name in frozen} == {"value", "feedforward"}
    assert {name.split(".")[1] for name in frozen} == {"1"}
    for parameter in pooling.parameters():
        if not parameter.requires_grad:
            torch.nn.init.normal_(parameter)
    assert torch.equal(pooling(x), before)
