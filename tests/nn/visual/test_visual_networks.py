"""All five visual modules: padding changes nothing, in evaluation and in training; shapes, memory format, the paper's layers."""

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from cortado.errors import ConfigError
from cortado.nn.visual.all3d import All3D, VolumeConv
from cortado.nn.visual.clips import Clips
from cortado.nn.visual.p3d import P3DA, SerialConv
from cortado.nn.visual.resnet18 import ResNet18
from cortado.nn.visual.stingy import Sti3D, StiRes3D

ALL = pytest.mark.parametrize("kind", [ResNet18, All3D, P3DA, Sti3D, StiRes3D])
LENGTHS = torch.tensor([3, 7, 1])


def small(kind, width=4, **arguments):
    torch.manual_seed(0)
    network = kind(width=width, blocks=(1, 1), **arguments).double()
    for module in network.modules():  # as after training a normalised zero is not zero; and no unit is dead
        if isinstance(module, nn.BatchNorm2d):
            nn.init.uniform_(module.bias)
            nn.init.uniform_(module.running_mean, -1, 0)
    return network


def clips_of(num_frames):
    return torch.randn(3, num_frames, 18, 18, dtype=torch.float64, generator=torch.Generator().manual_seed(1))


def spoil_padding(x):
    x = x.clone()
    for row, length in zip(x, LENGTHS, strict=True):
        row[length:] = torch.nan
    return x


@pytest.mark.parametrize("sizes", [{"width": 0}, {"blocks": (2, 0)}, {"in_channels": 0}])
def test_sizes_below_one_are_refused(sizes):
    with pytest.raises(ConfigError, match="must be at least 1"):
        ResNet18(**sizes)


@ALL
@torch.no_grad()
def test_a_clip_alone_gives_what_it_gives_in_a_padded_batch(kind):
    network, x = small(kind).eval(), clips_of(9)
    together = network(spoil_padding(x), LENGTHS)
    for row, length, y in zip(x, LENGTHS, together, strict=True):
        alone = network(row[None, :length])[0]
        torch.testing.assert_close(y[:length], alone)
        assert not y[length:].any()


@ALL
def test_padding_changes_no_gradient_and_no_batch_statistic_in_training(kind):
    results = []
    for network, x in ((small(kind), clips_of(9)[:, :7]), (small(kind), spoil_padding(clips_of(9)))):
        network(x, LENGTHS).square().sum().backward()
        results.append([p.grad for p in network.parameters()] + list(network.buffers()))
    torch.testing.assert_close(*results, rtol=0, atol=0)


def test_batch_statistics_are_those_of_the_valid_frames():
    network, x = small(ResNet18), clips_of(7)
    network.front_end.norm.momentum = 1.0
    network(x, LENGTHS)
    alone = [
        F.conv3d(row[None, None, :n], network.front_end.weight, stride=(1, 2, 2), padding=(2, 3, 3))
        for row, n in zip(x, LENGTHS, strict=True)
    ]
    torch.testing.assert_close(network.front_end.norm.running_mean, torch.cat(alone, dim=2).mean(dim=(0, 2, 3, 4)))


@ALL
def test_grey_crops_may_come_with_or_without_their_channel(kind):
    network, x = small(kind).eval(), clips_of(7)
    assert torch.equal(network(x, LENGTHS), network(x.unsqueeze(2), LENGTHS))


@ALL
def test_colour_crops_and_the_declared_width(kind):
    network = small(kind, in_channels=3).eval()
    assert network(torch.randn(2, 5, 3, 16, 20, dtype=torch.float64)).shape == (2, 5, network.output_dim)


@ALL
def test_time_is_seen_through_the_trunk_but_in_resnet18_through_the_front_end_alone(kind):
    network, x = small(kind, width=8).eval(), torch.randn(1, 15, 16, 16, dtype=torch.float64, requires_grad=True)
    network(x)[0, 7].sum().backward()
    reach = 2 if kind is ResNet18 else 6  # the front end's two frames, and one for each of four convolutions
    seen = x.grad[0].abs().amax(dim=(1, 2)) > 0
    assert seen.tolist() == [abs(t - 7) <= reach for t in range(15)]


@ALL
def test_activations_stay_channels_last(kind):
    network, maps = kind(width=4, blocks=(1, 1)), []
    for stage in network.stages:
        stage[0].register_forward_hook(lambda _, __, y: maps.append(y))
    network(torch.randn(2, 5, 32, 32), torch.tensor([5, 3]))
    assert [m.is_contiguous(memory_format=torch.channels_last) for m in maps] == [True, True]


@ALL
def test_no_pointwise_convolution_has_a_stride(kind):  # oneDNN's own corrupts memory with few channels
    pointwise = [module for module in kind(width=4).modules() if isinstance(module, nn.Conv2d) and module.kernel_size == (1, 1)]
    assert pointwise and all(module.stride == (1, 1) for module in pointwise)


@pytest.mark.parametrize("stride", [1, 2])
def test_convolutions_of_all3d_and_p3d_are_those_of_their_papers(stride):
    x, clips = torch.randn(2, 5, 6, 9, 9, dtype=torch.float64), Clips(None, 2, 5)
    volume, serial, in_plane = VolumeConv(6, 8, stride).double(), SerialConv(6, 8, stride).double(), (1, stride, stride)

    def norm(y):
        return F.batch_norm(y, None, None, training=True)

    y = norm(F.conv3d(x.transpose(1, 2), volume.conv.weight, stride=in_plane, padding=1))
    torch.testing.assert_close(volume(clips.pack(x), clips), clips.pack(y.transpose(1, 2)))
    y = norm(F.conv3d(x.transpose(1, 2), serial.in_plane.weight.unsqueeze(2), stride=in_plane, padding=(0, 1, 1))).relu()
    y = norm(F.conv3d(y, serial.over_time.weight, padding=(1, 0, 0)))
    torch.testing.assert_close(serial(clips.pack(x), clips), clips.pack(y.transpose(1, 2)))


@torch.no_grad()
def test_resnet18_is_residual_blocks_written_out():
    network, x = small(ResNet18).eval(), clips_of(4)
    clips = Clips(None, 3, 4)
    y = network.front_end(x, clips)
    for (block,), stride in zip(network.stages, (1, 2), strict=True):
        residual = block.conv1.norm(F.conv2d(y, block.conv1.conv.weight, stride=stride, padding=1)).relu()
        residual = block.conv2.norm(F.conv2d(residual, block.conv2.conv.weight, padding=1))
        if stride == 2:
            conv, norm = block.shortcut
            y = norm(F.conv2d(y, conv.weight, stride=2))
        y = (y + residual).relu()
    torch.testing.assert_close(network(x), y.mean(dim=(2, 3)).unflatten(0, (3, 4)))
