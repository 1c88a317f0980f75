"""The lip-reading network: distributions at the rate of the classes, the same alone and in a padded batch."""

import pytest
import torch

from cortado.nn.lip_network import LipNetwork
from cortado.nn.transformer import TransformerEncoder
from cortado.nn.visual.resnet18 import ResNet18
from cortado.nn.visual.stingy import StiRes3D


def make_network(visual=ResNet18, **changes) -> LipNetwork:
    torch.manual_seed(0)
    encoder = TransformerEncoder(dim=16, num_layers=2, num_heads=2, feedforward_dim=32)
    return LipNetwork(visual(width=4, blocks=(1, 1)), encoder, **{"num_classes": 10, **changes}).eval()


@pytest.mark.parametrize("visual", [ResNet18, StiRes3D])
@pytest.mark.parametrize("upsample", [1, 4])
def test_posteriors_of_a_clip_alone_are_those_in_a_padded_batch(visual, upsample):
    network, lengths = make_network(visual, upsample=upsample), [9, 1, 5]
    x = torch.randn(3, 9, 24, 24)
    with torch.inference_mode():
        together = network(x, torch.tensor(lengths))
        for row, length in enumerate(lengths):
            alone = network(x[row : row + 1, :length])[0]
            torch.testing.assert_close(together[row, : upsample * length], alone, atol=1e-5, rtol=0)
    assert together.shape == (3, upsample * 9, 10) and together.isfinite().all()


def test_outputs_are_log_posteriors_in_float32_under_bfloat16_too():
    network, x = make_network(), torch.randn(2, 5, 24, 24)
    with torch.autocast("cpu", torch.bfloat16):
        outputs = network(x)
    assert outputs.dtype == torch.float32
    torch.testing.assert_close(outputs.exp().sum(-1), torch.ones(2, 20), atol=1e-4, rtol=0)


def test_every_weight_gets_a_gradient():
    network = make_network().train()
    network(torch.randn(2, 5, 24, 24), torch.tensor([5, 3]))[:, :12, 0].sum().backward()
    assert all(p.grad is not None and p.grad.isfinite().all() for p in network.parameters())
