"""VGG4L and VGG3L of double multi-head attention: size, frames and cost as computed from the paper, and the layers written out."""

import pytest
import torch
from torch.nn import functional as F

from cortado.nn.cost import multiply_accumulates, num_parameters
from cortado.nn.encoders.vgg import VGG

# channels, width of a frame, frames of 350, parameters, billions of multiply-accumulates a second; 80 mels
SIZES = [
    pytest.param((128, 256, 512, 1024), 5120, 22, 18_731_904, 6.52, id="vgg4l-1024"),
    pytest.param((64, 128, 256, 512), 2560, 22, 4_684_224, 1.63, id="vgg4l-512"),
    pytest.param((32, 64, 128), 1280, 44, 286_432, 0.30, id="vgg3l-128"),
]


@pytest.mark.parametrize("channels, width, num_frames, parameters, giga", SIZES)
def test_size_frames_and_cost(channels, width, num_frames, parameters, giga):
    with torch.device("meta"):
        net, clip = VGG(80, channels), torch.empty(1, 350, 80)
        assert net(clip)[0].shape == (1, num_frames, width)
        assert multiply_accumulates(net, clip) / 3.5e9 == pytest.approx(giga, abs=0.005)
    assert num_parameters(net) == parameters
    assert net.out_dim == width


@torch.no_grad()
def test_equals_convolutions_and_poolings_written_out_with_channels_outermost():
    net, x = VGG(6, channels=(3, 4)).double(), torch.randn(2, 7, 6, dtype=torch.float64)
    y = x.unsqueeze(1)
    for block in net.blocks:
        for conv in (block.conv1, block.conv2):
            y = F.conv2d(y, conv.weight, conv.bias, padding=1).relu()
        y = F.pad(y, (0, y.shape[3] % 2, 0, y.shape[2] % 2), value=-1.0)  # rounds up: a lone frame or bin is its own maximum
        y = y.unfold(2, 2, 2).unfold(3, 2, 2).amax(dim=(4, 5))
    frames, _ = net(x)
    for frame in range(2):
        torch.testing.assert_close(frames[:, frame], torch.cat([y[:, c, frame] for c in range(4)], dim=1))
