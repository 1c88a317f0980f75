"""The CRNN of singer identification: the sizes that its paper and its authors' layers imply, and the layers written out."""

import pytest
import torch
from torch.nn import functional as F

from cortado.errors import ConfigError
from cortado.nn.cost import num_parameters
from cortado.nn.encoders.crnn import CRNN


def test_has_the_grid_and_the_parameters_of_the_authors_layers():
    """128 bins become 19, so the GRU takes 19 x 128 = 2432 values a frame; three gates, two biases each."""
    net = CRNN(128)
    assert net.gru.input_size == 2432 and net.frame_lengths(426) == 107
    convolutions = 9 * (128 + 3 * 128 * 128) + 4 * 2 * 128
    assert num_parameters(net) == convolutions + 3 * 256 * (2432 + 256 + 2 + 256 + 256 + 2) == 2_905_216


@torch.no_grad()
def test_equals_the_layers_written_out():
    torch.manual_seed(0)
    net = CRNN(30, channels=(3, 4), hidden_dim=5).double()
    net(torch.randn(4, 20, 30, dtype=torch.float64))  # statistics of their own
    net.eval()
    x = torch.randn(2, 11, 30, dtype=torch.float64)
    y = x.unsqueeze(1)
    for block, stride in zip(net.blocks, (2, 1), strict=True):
        y = F.conv2d(F.pad(y, (0, 0, 1, 1)), block.conv.weight, stride=stride)
        y = (y - block.norm.running_mean.view(1, -1, 1, 1)) / (block.norm.running_var.view(1, -1, 1, 1) + 1e-5).sqrt()
        y = torch.where(y > 0, y, y.expm1())
        y = F.pad(y, (0, 0, 1, 1), value=-torch.inf).unfold(2, 3, stride).unfold(3, 3, stride).amax(dim=(4, 5))
    expected, _ = net.gru(y.permute(0, 2, 1, 3).flatten(2))
    torch.testing.assert_close(net(x)[0], expected)


@torch.no_grad()
def test_missing_bins_are_zeros_behind_the_features():
    net = CRNN(20, channels=(4, 4), hidden_dim=8, min_bins=30).eval()
    wide = CRNN(30, channels=(4, 4), hidden_dim=8).eval()
    wide.load_state_dict(net.state_dict())
    x = torch.randn(2, 9, 20)
    torch.testing.assert_close(net(x)[0], wide(F.pad(x, (0, 10)))[0])


def test_features_too_low_for_its_blocks_are_a_config_error_that_names_the_way_out():
    with pytest.raises(ConfigError, match="4 blocks leave nothing of 40 bins; raise min_bins"):
        CRNN(40)
