"""Parameters of each pooling as its paper's architecture implies them, at the widths of the papers."""

import pytest

from cortado.nn.pooling.attentive_statistics import AttentiveStatisticsPooling
from cortado.nn.pooling.cross_attentive import CrossAttentivePooling, PairHead
from cortado.nn.pooling.dictionary import DictionaryPooling
from cortado.nn.pooling.double_multi_head import DoubleMultiHeadPooling
from cortado.nn.pooling.global_multi_head import GlobalMultiHeadPooling
from cortado.nn.pooling.multi_head import LinearMultiHeadPooling, MultiHeadPooling
from cortado.nn.pooling.multi_resolution import LearnedResolutionPooling, MultiResolutionPooling
from cortado.nn.pooling.self_attentive import SelfAttentivePooling
from cortado.nn.pooling.self_multi_head import SelfMultiHeadPooling
from cortado.nn.pooling.serialized import SerializedPooling
from cortado.nn.pooling.structured import StructuredPooling


def num_parameters(*modules):
    return sum(p.numel() for module in modules for p in module.parameters())


@pytest.mark.parametrize("embedding_dim, heads_of_tap_sap_cap", [(512, (66_048, 82_688, 82_304)), (256, (33_024, 49_664, 49_536))])
def test_cross_attentive_systems(embedding_dim, heads_of_tap_sap_cap):
    tap, sap, cap = heads_of_tap_sap_cap
    affine = 128 * embedding_dim + embedding_dim
    assert affine == tap
    assert num_parameters(SelfAttentivePooling(128)) + affine == sap
    assert num_parameters(CrossAttentivePooling(128), PairHead(128, embedding_dim)) == cap


@pytest.mark.parametrize(
    "make, count, out_dim",
    [
        (AttentiveStatisticsPooling, 263_169, 1024),
        (MultiHeadPooling, 66_564, 512),
        (LinearMultiHeadPooling, 512, 512),
        (GlobalMultiHeadPooling, 1_052_676, 2048),
        (MultiResolutionPooling, 1_052_676, 2048),
        (lambda dim: GlobalMultiHeadPooling(dim, 5), 1_315_845, 2560),
        (lambda dim: MultiResolutionPooling(dim, 5), 1_315_845, 2560),
        (lambda dim: GlobalMultiHeadPooling(dim, 6), 1_579_014, 3072),
        (lambda dim: MultiResolutionPooling(dim, 6), 1_579_014, 3072),
        (lambda dim: LearnedResolutionPooling(dim, 6), 1_579_014 + 6, 3072),
    ],
)
def test_the_multi_resolution_table(make, count, out_dim):
    pooling = make(512)
    assert (num_parameters(pooling), pooling.out_dim) == (count, out_dim)


@pytest.mark.parametrize("dim, counts", [(5120, (5760, 5440, 5280)), (2560, (2880, 2720, 2640)), (1280, (1440, 1360, 1320))])
def test_the_double_multi_head_table(dim, counts):
    for num_heads, count in zip((8, 16, 32), counts, strict=True):
        pooling = DoubleMultiHeadPooling(dim, num_heads)
        assert (num_parameters(pooling), pooling.out_dim) == (count, dim // num_heads)
        assert num_parameters(SelfMultiHeadPooling(dim, num_heads)) == dim
    assert num_parameters(LinearMultiHeadPooling(dim, num_heads=1)) == dim  # the table's "Attention"


@pytest.mark.parametrize("num_layers", range(1, 9))
def test_serialized_layers_of_256(num_layers):
    assert num_parameters(SerializedPooling(256, num_layers)) == num_layers * 559_104


def test_the_attention_of_the_shallow_network():
    """3,843,712 with its TDNN and embedding layer; five heads need 2,000 more here."""
    assert num_parameters(StructuredPooling(1500, num_heads=1)) == 3_843_712 - 2_708_956 - (1500 * 256 + 256)
    assert num_parameters(StructuredPooling(1500, num_heads=5)) == num_parameters(StructuredPooling(1500, num_heads=1)) + 2_000


def test_a_dictionary_has_a_centre_and_a_scale_per_component():
    pooling = DictionaryPooling(512, 64)
    assert (num_parameters(pooling), pooling.out_dim) == (64 * 513, 64 * 512)
