"""VGG-M against the table of its paper (Nagrani et al., Interspeech 2017, table 5)."""

import pytest
import torch

from cortado.errors import ConfigError
from cortado.nn.cost import num_parameters
from cortado.nn.encoders.vgg_m import VGGM

DATA_SIZES = {  # (bins, frames) behind each layer, for 512 x 300
    "conv1": (254, 148),
    "mpool1": (126, 73),
    "conv2": (62, 36),
    "mpool2": (30, 17),
    "conv5": (30, 17),
    "mpool5": (9, 8),
    "fc6": (1, 8),
}
# kernel height x width x input channels x filters
WEIGHTS = 7 * 7 * 96 + 5 * 5 * 96 * 256 + 3 * 3 * (256 * 384 + 384 * 256 + 256 * 256) + 9 * 256 * 4096


def test_every_layer_has_the_data_size_of_the_table():
    seen = {}

    def keep(name):
        return lambda _, __, y: seen.__setitem__(name, tuple((y[0] if isinstance(y, tuple) else y).shape[:1:-1]))

    with torch.device("meta"):
        net = VGGM(512)
        for number in (1, 2, 5):
            layer = net.convolutions[number - 1]
            layer.conv.register_forward_hook(keep(f"conv{number}"))
            layer.register_forward_hook(keep(f"mpool{number}"))
        net.fc6.register_forward_hook(keep("fc6"))
        assert net(torch.empty(1, 300, 512))[0].shape == (1, 8, 4096)
    assert seen == DATA_SIZES


def test_weights_are_those_of_the_table():
    """Besides them only the scale and shift of each of 96, 256, 384, 256, 256 and 4096 filters."""
    with torch.device("meta"):
        assert num_parameters(VGGM(512)) == WEIGHTS + 2 * (96 + 256 + 384 + 256 + 256 + 4096)


def test_every_convolution_is_followed_by_normalisation_and_relu():
    net, seen = VGGM(97).eval(), []
    for convolution in net.convolutions:
        convolution.norm.register_forward_hook(lambda _, __, y: seen.append(bool((y < 0).any())))
        convolution.register_forward_hook(lambda _, __, y: seen.append(bool((y[0] < 0).any())))
    frames, _ = net(torch.randn(1, 80, 97))
    assert seen == [True, False] * 5
    assert (frames >= 0).all()


def test_fc6_spans_the_bins_that_remain_and_fewer_than_it_needs_are_a_config_error():
    with torch.device("meta"):
        assert [VGGM(bins).fc6[0].kernel_size[1] for bins in (512, 257, 128, 97)] == [9, 4, 1, 1]
    with pytest.raises(ConfigError, match="at least 97 frequency bins; there are 96"):
        VGGM(96)
