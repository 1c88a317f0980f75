"""The x-vector's TDNN: its contexts and its layers, computed again with plain sums."""

import pytest
import torch

from cortado.errors import ConfigError, CortadoError
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


def test_fourteen_frames_are_lost_and_fifteen_are_needed():
    net = TDNN(26).eval()
    assert net(torch.randn(1, 200, 26))[0].shape == (1, 186, 1500)
    assert net(torch.randn(1, 15, 26))[0].shape == (1, 1, 1500)
    with pytest.raises(CortadoError, match=r"14 frames.*at least 15"):
        net(torch.randn(1, 14, 26))


def test_a_layer_without_its_kernel_size_is_a_config_error():
    with pytest.raises(ConfigError, match="one value per layer"):
        TDNN(26, channels=(512, 512))
