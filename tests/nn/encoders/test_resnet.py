"""The residual network: the multi-resolution paper's size and shapes (Wang et al., ICASSP 2020), memory format, masking cost."""

import subprocess
import sys

import pytest
import torch
from torch import nn

from cortado.errors import ConfigError
from cortado.nn.cost import multiply_accumulates, num_parameters
from cortado.nn.encoders import planes
from cortado.nn.encoders.resnet import ResNet


def test_resnet34_of_the_multi_resolution_paper_has_its_size():
    net = ResNet(feat_dim=40)
    assert num_parameters(net) == 23_636_160
    assert net.out_dim == 512


@torch.no_grad()
def test_resnet34_of_the_multi_resolution_paper_has_the_shapes_of_its_table():
    net, shapes, num_frames = ResNet(feat_dim=40).eval(), [], 96
    for module in (net.stem, *net.stages, net.collapse):
        module.register_forward_hook(lambda _, __, y: shapes.append(tuple(y.shape[1:])))
    assert net(torch.randn(1, num_frames, 40))[0].shape == (1, num_frames // 8, 512)
    t = num_frames
    assert shapes == [(64, t, 40), (64, t, 40), (128, t // 2, 20), (256, t // 4, 10), (512, t // 8, 5), (512, t // 8, 1)]


@pytest.mark.parametrize("num_frames, giga", [(100, 4.59), (300, 13.70)])
def test_resnet34_of_the_multi_resolution_paper_has_its_cost(num_frames, giga):
    with torch.device("meta"):
        cost = multiply_accumulates(ResNet(feat_dim=40), torch.empty(1, num_frames, 40))
    assert cost / 1e9 == pytest.approx(giga, abs=0.005)


def test_a_hundred_frames_become_thirteen():
    assert ResNet(40, channels=(4, 4, 4, 4)).frame_lengths(100) == 13


@pytest.mark.parametrize("feat_dim", [40, 41, 64, 80])
@pytest.mark.parametrize("collapse_frequency, strides", [(True, (1, 2, 2, 2)), (False, (1, 2, 2, 2)), (False, (1, 1, 1, 2))])
@pytest.mark.parametrize("stem_stride", [(1, 1), (2, 1), (1, 2)])
def test_declared_width_is_the_real_one_for_any_number_of_mels(feat_dim, collapse_frequency, strides, stem_stride):
    arguments = {"strides": strides, "stem_stride": stem_stride, "collapse_frequency": collapse_frequency}
    net = ResNet(feat_dim, channels=(2, 2, 2, 3), blocks=(1, 1, 1, 1), **arguments).eval()
    assert net(torch.randn(1, 16, feat_dim))[0].shape == (1, net.frame_lengths(16), net.out_dim)


@torch.no_grad()
def test_a_stage_equals_residual_blocks_written_out():
    net = ResNet(8, channels=(3, 5), blocks=(1, 2), strides=(1, 2)).double().eval()
    x = torch.randn(2, 3, 9, 8, dtype=torch.float64)
    first, second = net.stages[1].blocks

    def conv_norm(layer, y, stride, padding):
        conv, norm = layer
        return norm(nn.functional.conv2d(y, conv.weight, stride=stride, padding=padding))

    y = conv_norm(first.conv2, conv_norm(first.conv1, x, 2, 1).relu(), 1, 1) + conv_norm(first.shortcut, x, 2, 0)
    y = y.relu()
    y = (conv_norm(second.conv2, conv_norm(second.conv1, y, 1, 1).relu(), 1, 1) + y).relu()
    torch.testing.assert_close(net.stages[1](x, None), y)


def test_stacked_frames_hold_the_bins_one_after_the_other():
    net = ResNet(8, channels=(3, 5), blocks=(1, 1), strides=(1, 2), collapse_frequency=False).eval()
    maps = []
    net.stages[-1].register_forward_hook(lambda _, __, y: maps.append(y))
    frames, _ = net(torch.randn(1, 6, 8))
    assert torch.equal(frames[0, 2, 5:10], maps[0][0, :, 2, 1])


def test_activations_are_channels_last_and_the_output_is_a_view_of_them():
    net = ResNet(8, channels=(4, 8), blocks=(1, 1), strides=(1, 2), collapse_frequency=False)
    maps = []
    for module in (net.stem, *net.stages):
        module.register_forward_hook(lambda _, __, y: maps.append(y))
    frames, _ = net(torch.randn(2, 6, 8))
    assert all(y.is_contiguous(memory_format=torch.channels_last) for y in maps)
    assert frames.data_ptr() == maps[-1].data_ptr()


def test_without_lengths_nothing_is_masked(monkeypatch):
    def refuse(*_):
        raise AssertionError("a mask was made for a full batch")

    monkeypatch.setattr(planes, "is_padding", refuse)
    net = ResNet(8, channels=(4, 8), blocks=(1, 1), strides=(1, 2))
    net(torch.randn(2, 6, 8))
    with pytest.raises(AssertionError):
        net(torch.randn(2, 6, 8), torch.tensor([6, 3]))


def test_a_stage_without_its_stride_is_a_config_error():
    with pytest.raises(ConfigError, match="one value per stage"):
        ResNet(40, channels=(16, 32))


def test_too_few_bins_to_collapse_is_a_config_error():
    with pytest.raises(ConfigError, match="needs 3 bins: 16 and these strides leave 2"):
        ResNet(16, channels=(2, 2, 2, 2))


def test_few_channels_with_strides_do_not_corrupt_memory():
    """oneDNN's issue 6035: its strided 1x1 convolution wrote beyond its buffer here, and the process died sooner or later."""
    program = """
import torch
from cortado.nn.encoders.resnet import ResNet
net = ResNet(feat_dim=80, channels=(4, 4, 8), blocks=(1, 1, 1), strides=(2, 2, 2), collapse_frequency=False)
for step in range(60):
    net(torch.randn(4, 100 + step, 80))[0].sum().backward()
"""
    subprocess.run([sys.executable, "-c", program], check=True)
