"""Convolutions over time and the front end against torch's own Conv3d, outputs and gradients."""

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from cortado.errors import CortadoError
from cortado.nn.visual.clips import Clips
from cortado.nn.visual.front_end import VisualFrontEnd
from cortado.nn.visual.temporal import TemporalConv

KINDS = [(3, 1, 1), (3, 2, 1), (3, 1, 6), (3, 2, 6), (1, 1, 1)]  # kernel, stride, groups


def native(conv):
    size, stride = conv.kernel_size, (1, conv.stride, conv.stride)
    made = nn.Conv3d(6, 6, (3, size, size), stride, (1, size // 2, size // 2), groups=conv.groups, bias=False).double()
    made.weight.data.copy_(conv.weight)
    return made


@pytest.mark.parametrize("kernel_size, stride, groups", KINDS)
def test_temporal_convolution_is_conv3d_in_output_and_gradients(kernel_size, stride, groups):
    conv = TemporalConv(6, 6, kernel_size, stride, groups).double()
    peer, x = native(conv), torch.randn(2, 5, 6, 7, 9, dtype=torch.float64, requires_grad=True)
    clips = Clips(None, 2, 5)
    ours, theirs = clips.unpack(conv(clips.pack(x), clips)), peer(x.transpose(1, 2)).transpose(1, 2)
    torch.testing.assert_close(ours, theirs)
    weights = torch.randn_like(ours)
    our_gradients = torch.autograd.grad((ours * weights).sum(), (x, conv.weight))
    torch.testing.assert_close(our_gradients, torch.autograd.grad((theirs * weights).sum(), (x, peer.weight)))


def test_temporal_convolution_of_clips_in_a_row_is_that_of_each_alone():
    conv, x, lengths = TemporalConv(4, 4, kernel_size=3).double(), torch.randn(3, 6, 4, 5, 5, dtype=torch.float64), torch.tensor([4, 1, 6])
    clips = Clips(lengths, 3, 6)
    together = clips.unpack(conv(clips.pack(x), clips))
    for row, length, y in zip(x, lengths, together, strict=True):
        torch.testing.assert_close(y[:length], conv(row[:length], Clips(None, 1, int(length))))


@pytest.mark.parametrize("in_channels", [1, 3])
def test_front_end_is_conv3d_norm_relu_and_maximum(in_channels):
    front, x = VisualFrontEnd(width=4, in_channels=in_channels).double(), torch.randn(2, 6, in_channels, 21, 20, dtype=torch.float64)
    y = F.conv3d(x.transpose(1, 2), front.weight, stride=(1, 2, 2), padding=(2, 3, 3))
    y = F.batch_norm(y, None, None, front.norm.weight, front.norm.bias, training=True)
    y = F.max_pool3d(y.relu(), (1, 3, 3), (1, 2, 2), (0, 1, 1)).transpose(1, 2)
    torch.testing.assert_close(front(x, Clips(None, 2, 6)).unflatten(0, (2, 6)), y)


def test_crops_of_another_number_of_channels_are_refused_with_their_shape():
    with pytest.raises(CortadoError, match=r"\(1, 2, 3, 8, 8\).*\(batch, time, 1, height, width\)"):
        VisualFrontEnd(width=4)(torch.randn(1, 2, 3, 8, 8), Clips(None, 1, 2))
