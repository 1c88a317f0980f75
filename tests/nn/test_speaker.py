"""The whole speaker network: published size, heads, and built from a config as the training loop builds it."""

import pytest
import torch

from cortado.config import ClassSpec, convert
from cortado.errors import ConfigError
from cortado.feats.windows import Windows
from cortado.nn import EmbeddingNetwork, LinearHead, XVectorHead
from cortado.nn.encoders.resnet import ResNet
from cortado.nn.encoders.tdnn import TDNN
from cortado.nn.pooling.statistics import StatisticsPooling


def num_parameters(module):
    return sum(p.numel() for p in module.parameters())


def small_network(head=LinearHead):
    encoder = ResNet(feat_dim=20, channels=(4, 8), blocks=(1, 1), strides=(1, 2), collapse_frequency=False)
    return EmbeddingNetwork(encoder, StatisticsPooling(encoder.out_dim), 16, head)


def test_kaldi_x_vector_has_its_published_size():
    """4,472,284 without classifier for 26-dim input (H. Zhu et al., Interspeech 2021, compare with it); it holds only if no batch norm has an affine part."""
    assert num_parameters(EmbeddingNetwork(TDNN(26), StatisticsPooling(1500), 512, XVectorHead)) == 4_472_284


@pytest.mark.parametrize("head", [LinearHead, XVectorHead])
def test_a_padded_batch_gives_the_embeddings_of_its_utterances_one_by_one(head):
    network, lengths = small_network(head).eval(), torch.tensor([50, 13, 1, 32])
    x = torch.randn(4, 50, 20)
    with torch.no_grad():
        together = network.embed(x, lengths)
        alone = torch.cat([network.embed(x[i : i + 1, :n]) for i, n in enumerate(lengths)])
    torch.testing.assert_close(together, alone, rtol=1e-5, atol=1e-5)


def test_x_vector_stores_the_affine_output_of_segment6_and_trains_on_normalised_segment7():
    head, pooled = XVectorHead(12, 8).double(), torch.randn(30, 12, dtype=torch.float64)
    segment7 = head.segment7[2]

    def relu_and_normalisation(y):
        y = y.clamp(min=0)
        return (y - y.mean(dim=0)) / (y.var(dim=0, correction=0) + 1e-3).sqrt()

    stored = pooled @ head.segment6.weight.T + head.segment6.bias
    torch.testing.assert_close(head.embed(pooled), stored)
    trained_on = relu_and_normalisation(relu_and_normalisation(stored) @ segment7.weight.T + segment7.bias)
    torch.testing.assert_close(head(pooled), trained_on)


def test_network_stores_and_trains_on_what_its_head_says():
    network, x = small_network(XVectorHead).eval(), torch.randn(2, 30, 20)
    pooled = network.pooling(*network.encoder(x))
    assert torch.equal(network.embed(x), network.head.segment6(pooled))
    assert torch.equal(network(x), network.head(pooled))


def test_network_is_built_from_class_paths_and_wrong_keys_stop():
    spec = convert(
        {"class": "cortado.nn.encoders.resnet.ResNet", "channels": [4, 8], "blocks": [1, 1], "strides": [1, 2]}, ClassSpec, "encoder"
    )
    encoder = spec.build(feat_dim=20)
    pooling = ClassSpec("cortado.nn.pooling.statistics.StatisticsPooling").build(dim=encoder.out_dim)
    network = EmbeddingNetwork(encoder, pooling, 16, ClassSpec("cortado.nn.heads.XVectorHead").build)
    assert network(torch.randn(3, 30, 20)).shape == (3, 16)
    with pytest.raises(ConfigError, match=r"unknown key 'chanels'.*channels"):
        convert({"class": "cortado.nn.encoders.resnet.ResNet", "chanels": [4]}, ClassSpec, "encoder")
    with pytest.raises(ConfigError, match="channels"):
        convert({"class": "cortado.nn.encoders.resnet.ResNet", "channels": [4, "8x"]}, ClassSpec, "encoder")


def test_state_comes_back_from_a_checkpoint_with_the_same_bits(tmp_path):
    network, copy, x = small_network(), small_network(), torch.randn(2, 30, 20)
    network(x)  # moves the running statistics
    torch.save(network.state_dict(), tmp_path / "network.pt")
    copy.load_state_dict(torch.load(tmp_path / "network.pt", weights_only=True))
    assert torch.equal(network.eval()(x), copy.eval()(x))


def test_an_utterance_in_windows_is_the_mean_of_their_unit_embeddings():
    torch.manual_seed(0)
    encoder = TDNN(26, channels=(8, 8, 8, 8, 12))
    network = EmbeddingNetwork(encoder, StatisticsPooling(encoder.out_dim), 16, windows=Windows(40, shift=20)).eval()
    features = torch.randn(90, 26)
    with torch.inference_mode():
        alone = [network.embed(features[None, start : start + 40])[0] for start in (0, 20, 40)]
        expected = sum(embedding / embedding.norm() for embedding in alone) / 3
        torch.testing.assert_close(network.embed_utterance(features.numpy()), expected)
