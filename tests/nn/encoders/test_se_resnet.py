"""Fast and Thin SE-ResNet-34: their size, shapes and cost, and a block written out."""

import pytest
import torch
from torch.nn import functional as F

from cortado.errors import ConfigError
from cortado.nn.cost import multiply_accumulates, num_parameters
from cortado.nn.encoders.se_resnet import SEResNet

FAST, THIN = {}, {"strides": (1, 2, 2, 2), "max_pool": True}

# options, feature dimension, bins of the last map, frames of 202, billions of multiply-accumulates of 202 frames
COSTS = [
    pytest.param(FAST, 64, 8, 51, 0.715, id="fast-64"),
    pytest.param(FAST, 40, 5, 51, 0.447, id="fast-40"),
    pytest.param(THIN, 64, 2, 26, 0.236, id="thin-64"),
    pytest.param(THIN, 40, 2, 26, 0.174, id="thin-40"),
    pytest.param(THIN, 257, 9, 26, 0.995, id="thin-257"),
]


@pytest.mark.parametrize("options, feat_dim, bins, num_frames, giga", COSTS)
def test_size_shapes_and_cost_of_a_clip_of_two_seconds(options, feat_dim, bins, num_frames, giga):
    maps = []
    with torch.device("meta"):
        net, clip = SEResNet(feat_dim, **options), torch.empty(1, 202, feat_dim)
        net.stages[-1].register_forward_hook(lambda _, __, y: maps.append(tuple(y.shape)))
        assert net(clip)[0].shape == (1, num_frames, 128)
        assert multiply_accumulates(net, clip) / 1e9 == pytest.approx(giga, abs=5e-4)
    assert maps[0] == (1, 128, num_frames, bins)
    assert num_parameters(net) == 1_354_390


@torch.no_grad()
def test_a_block_equals_its_description_written_out():
    """Convolution, ReLU, normalisation, convolution, normalisation, squeeze and excitation, sum, ReLU."""
    net = SEResNet(8, channels=(8, 16), blocks=(1, 1), strides=(1, 2)).double()
    net(torch.randn(4, 12, 8, dtype=torch.float64))
    block = net.eval().stages[1].blocks[0]
    x = torch.randn(2, 8, 9, 4, dtype=torch.float64)
    y = block.norm1(F.conv2d(x, block.conv1.weight, stride=2, padding=1).relu())
    y = block.norm2(F.conv2d(y, block.conv2.weight, padding=1))
    squeeze, excite = block.excitation.squeeze, block.excitation.excite
    assert squeeze.weight.shape == (2, 16)
    hidden = (y.mean(dim=(2, 3)) @ squeeze.weight.T + squeeze.bias).relu()
    gates = 1 / (1 + (-(hidden @ excite.weight.T) - excite.bias).exp())
    conv, norm = block.shortcut
    expected = (y * gates[:, :, None, None] + norm(F.conv2d(x, conv.weight, stride=2))).relu()
    torch.testing.assert_close(block(x, None), expected)


@torch.no_grad()
def test_frames_are_means_over_frequency_behind_a_stem_of_stride_two_in_frequency():
    net, maps = SEResNet(64, channels=(8, 8), blocks=(1, 1), strides=(1, 2)).eval(), []
    for module in (net.stem, *net.stages):
        module.register_forward_hook(lambda _, __, y: maps.append(y))
    frames, _ = net(torch.randn(1, 20, 64))
    assert [tuple(y.shape[2:]) for y in maps] == [(20, 32), (20, 32), (10, 16)]
    torch.testing.assert_close(frames[0, 3], maps[-1][0, :, 3].mean(dim=1))


def test_only_thin_has_a_max_pooling():
    assert not any(isinstance(module, torch.nn.MaxPool2d) for module in SEResNet(40, **FAST).modules())
    assert isinstance(SEResNet(40, **THIN).pool, torch.nn.MaxPool2d)


def test_a_stage_without_its_stride_is_a_config_error():
    with pytest.raises(ConfigError, match="one value per stage"):
        SEResNet(40, channels=(16, 32))
