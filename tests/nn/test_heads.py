"""Heads: which layer is stored and which is trained on, computed again with plain algebra, and the sizes that papers give."""

import pytest
import torch
from torch import nn

from cortado.config import ClassSpec
from cortado.errors import ConfigError
from cortado.nn.cost import num_parameters
from cortado.nn.heads import DoubleAttentionHead, LinearHead, SerializedHead, TwoLayerHead, VGGMHead, XVectorHead

HEADS = {
    "LinearHead": (12, 8, {}),
    "XVectorHead": (12, 8, {}),
    "SerializedHead": (12, 12, {"hidden_dim": 7}),
    "DoubleAttentionHead": (12, 8, {}),
    "TwoLayerHead": (12, 8, {}),
    "VGGMHead": (12, 8, {}),
}


def pooled(num=30, dim=12):
    return torch.randn(num, dim, dtype=torch.float64, generator=torch.Generator().manual_seed(0))


def affine(layer, x):
    return x @ layer.weight.T + layer.bias


def normalised(x, eps=1e-5):
    return (x - x.mean(dim=0)) / (x.var(dim=0, correction=0) + eps).sqrt()


@pytest.mark.parametrize("name", HEADS)
def test_declared_widths_are_the_real_ones_when_built_from_a_config(name):
    dim, embedding_dim, arguments = HEADS[name]
    head = ClassSpec(f"cortado.nn.heads.{name}", arguments).build(dim=dim, embedding_dim=embedding_dim).double()
    assert head(pooled()).shape == (30, head.out_dim)
    assert head.embed(pooled()).shape == (30, embedding_dim)


@pytest.mark.parametrize("normalisation", ["batch", "length", "none"])
def test_linear_head_is_one_affine_layer_and_its_normalisation(normalisation):
    head = LinearHead(12, 8, normalisation).double()
    expected = affine(head.layers[0], pooled())
    if normalisation == "batch":
        expected = normalised(expected)
    elif normalisation == "length":
        expected = expected / expected.square().sum(dim=1, keepdim=True).sqrt()
    torch.testing.assert_close(head(pooled()), expected)
    torch.testing.assert_close(head.embed(pooled()), expected)


def test_serialized_stores_the_pooled_vector_and_trains_behind_two_activations():
    head, x = SerializedHead(12, 12, hidden_dim=7).double(), pooled()
    assert torch.equal(head.embed(x), x)
    torch.testing.assert_close(head(x), normalised(affine(head.layers[2], normalised(x.relu())).relu()))
    assert [(m.momentum, m.affine) for m in head.modules() if isinstance(m, nn.BatchNorm1d)] == [(0.5, False)] * 2


def test_serialized_cannot_store_another_width_than_the_poolings():
    with pytest.raises(ConfigError, match="embedding_dim must be 12, not 8"):
        SerializedHead(12, 8)


def test_double_attention_stores_the_second_layer_and_trains_on_the_third():
    head, x = DoubleAttentionHead(12, 8).double(), pooled()
    first, second = head.embedding[0], head.embedding[2]
    stored = normalised(affine(second, affine(first, x).relu()).relu())
    torch.testing.assert_close(head.embed(x), stored)
    torch.testing.assert_close(head(x), affine(head.last, stored))


def test_two_layers_with_a_relu_between_and_none_behind():
    head, x = TwoLayerHead(12, 8).double(), pooled()
    expected = affine(head.layers[2], affine(head.layers[0], x).relu())
    torch.testing.assert_close(head(x), expected)
    torch.testing.assert_close(head.embed(x), expected)


def test_vgg_m_stores_fc7_behind_normalisation_and_relu():
    head, x = VGGMHead(12, 8).double(), pooled()
    expected = normalised(affine(head.layers[0], x)).relu()
    torch.testing.assert_close(head(x), expected)
    torch.testing.assert_close(head.embed(x), expected)


@pytest.mark.parametrize("embedding_dim, size", [(512, 66_048), (256, 33_024)])
def test_average_pooling_baseline_of_cross_attentive_pooling_has_its_size(embedding_dim, size):
    assert num_parameters(LinearHead(128, embedding_dim, "none")) == size


@pytest.mark.parametrize(
    "dim, size",
    [(5120, 2_370_000), (640, 578_000), (320, 450_000), (160, 386_000)]  # VGG4L 1024: all of it, and 8, 16, 32 heads
    + [(2560, 1_346_000), (80, 354_000)]  # VGG4L 512: all of it, and 32 heads
    + [(1280, 834_000), (40, 338_000)],  # VGG3L 128
)
def test_double_attention_head_has_the_size_of_its_paper(dim, size):
    assert num_parameters(DoubleAttentionHead(dim, 400)) == size


@pytest.mark.parametrize("dim, first", [(1024, 524_800), (512, 262_656), (2048, 1_049_088), (2560, 1_311_232), (3072, 1_573_376)])
def test_two_layer_head_has_the_size_of_the_multi_resolution_paper(dim, first):
    assert num_parameters(TwoLayerHead(dim, 512)) == first + 262_656


def test_serialized_head_has_its_size():
    """Its normalisations have none: what remains of 5,258,240 behind encoder (1,772,032) and six layers (559,104 each)."""
    assert num_parameters(SerializedHead(256, 256)) == 5_258_240 - 1_772_032 - 6 * 559_104


def test_x_vector_head_has_its_size():
    assert num_parameters(XVectorHead(3000, 512)) == 3001 * 512 + 513 * 512


def test_vgg_m_head_has_the_weights_of_its_table():
    assert num_parameters(VGGMHead(4096, 1024)) == 4096 * 1024 + 3 * 1024
