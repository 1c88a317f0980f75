"""The x-vector's TDNN: its contexts and its layers, computed again with plain sums."""

import pytest
import torch

from cortado.errors import ConfigError, CortadoError
from cortado.nn.cost import num_parameters
from cortado.nn.encoders.tdnn import TDNN


@torch.no_grad()
def test_each_layer_sees_the_contexts_of_the_x_vector_paper():
    """frame1 {-2..2}, frame2 {-2,0,2}, frame3 {-3,0,3}, frame4 and frame5 {0}, each affine, ReLU, normalisation."""
    net = TDNN(4, channels=(6, 5, 7, 6, 8)).double().eval()
    x = torch.randn(30, 4, dtype=torch.float64)
    h = dict(enumerate(x))
    for (affine, _, norm), offsets in zip(net.layers, ((-2, -1, 0, 1, 2), (-2, 0, 2), (-3, 0, 3), (0,), (0,)), strict=True):
        norm.running_mean.normal_()
        norm.running_var.uniform_(0.5, 2.0)
        seen = {t: [h[t + o] for o in offsets] for t in h if all(t + o in h for o in offsets)}
        summed = {t: affine.bias + sum(affine.weight[:, :, i] @ frame for i, frame in enumerate(fs)) for t, fs in seen.items()}
        h = {t: (y.clamp(min=0) - norm.running_mean) / (norm.running_var + 1e-3).sqrt() for t, y in summed.items()}
    assert list(h) == list(range(7, 23))
    torch.testing.assert_close(net(x[None])[0][0], torch.stack(list(h.values())))


SERIALIZED = {"channels": (512, 512, 512), "kernel_sizes": (5, 3, 3), "dilations": (1, 2, 3)}


def test_x_vector_has_its_size():
    """4,472,284 with its head and without classifier, 26-dim input: segment6 and segment7 have 3000 and 512 inputs."""
    assert num_parameters(TDNN(26)) == 4_472_284 - (3000 + 1) * 512 - (512 + 1) * 512


def test_self_attentive_shallow_network_has_its_size():
    """3,843,712 with a bias-free scorer of 500 hidden units and a linear layer to 256."""
    assert num_parameters(TDNN(40)) == 3_843_712 - (1500 * 500 + 500) - (1500 + 1) * 256


def test_self_attentive_network_of_256_channels_has_its_size():
    """0.91 million, of which a scorer of 256 hidden units and a linear layer from 512 to 256."""
    whole = num_parameters(TDNN(40, channels=(256, 256, 256, 256, 512))) + (512 * 256 + 256) + (512 + 1) * 256
    assert round(whole / 1e6, 2) == 0.91


def test_serialized_network_has_its_size_and_frames():
    """5,258,240 without classifier, 26-dim input, six attention layers of 559,104 and a linear layer from 256 to 512."""
    net = TDNN(26, **SERIALIZED, projection_dim=256, momentum=0.5, epsilon=1e-5)
    assert num_parameters(net) == 5_258_240 - 6 * 559_104 - (256 + 1) * 512
    assert net.frame_lengths(200) == 186
    assert all((norm.momentum, norm.eps, norm.affine) == (0.5, 1e-5, False) for _, _, norm in net.layers)


@torch.no_grad()
def test_projection_is_linear_without_bias_behind_the_last_normalisation():
    net = TDNN(4, (5, 6), (3, 3), (1, 2), projection_dim=3).double().eval()
    x = torch.randn(2, 20, 4, dtype=torch.float64)
    frames, _ = net(x)
    torch.testing.assert_close(frames, net.layers(x.transpose(1, 2)).transpose(1, 2) @ net.projection.weight[:, :, 0].T)
    assert frames.shape[2] == net.out_dim == 3


def test_fourteen_frames_are_lost_and_fifteen_are_needed():
    net = TDNN(26).eval()
    assert net(torch.randn(1, 200, 26))[0].shape == (1, 186, 1500)
    assert net(torch.randn(1, 15, 26))[0].shape == (1, 1, 1500)
    with pytest.raises(CortadoError, match=r"14 frames.*at least 15"):
        net(torch.randn(1, 14, 26))


def test_a_layer_without_its_kernel_size_is_a_config_error():
    with pytest.raises(ConfigError, match="one value per layer"):
        TDNN(26, channels=(512, 512))
