"""What every encoder promises (cortado.nn), one row each."""

import pytest
import torch

from cortado.errors import CortadoError
from cortado.nn.encoders.resnet import ResNet
from cortado.nn.encoders.tdnn import TDNN

THIN = {"channels": (8, 16, 16, 16), "blocks": (1, 2, 1, 1)}
ENCODERS = [
    pytest.param(lambda: TDNN(24, channels=(32, 32, 32, 32, 48)), id="tdnn"),
    pytest.param(lambda: ResNet(24, **THIN), id="resnet-collapsed"),
    pytest.param(lambda: ResNet(24, **THIN, collapse_frequency=False), id="resnet-stacked"),
    pytest.param(lambda: ResNet(24, **THIN, strides=(2, 1, 2, 3), stem_stride=(3, 2), collapse_frequency=False), id="resnet-odd-strides"),
]
LENGTHS = torch.tensor([61, 15, 16, 17, 18, 33, 60])

pytestmark = pytest.mark.parametrize("make", ENCODERS)


def trained_a_little(make, seed=0):
    """An encoder whose batch norms hold statistics of their own, in evaluation mode: zero is then not a fixed point."""
    torch.manual_seed(seed)
    encoder = make()
    for _ in range(3):
        encoder(3.0 + 2.0 * torch.randn(8, 40, 24))
    for name, parameter in encoder.named_parameters():
        if name.endswith("bias"):
            torch.nn.init.normal_(parameter)
    return encoder.eval()


@torch.no_grad()
def test_padding_never_changes_a_valid_frame(make):
    encoder = trained_a_little(make)
    x = torch.randn(len(LENGTHS), int(LENGTHS.max()), 24)
    for row, length in enumerate(LENGTHS):
        x[row, length:] = float("nan")  # what lies in the padding must not matter
    batch, batch_lengths = encoder(x, LENGTHS)
    for row, length in enumerate(LENGTHS):
        alone, _ = encoder(x[row : row + 1, :length])
        assert batch_lengths[row] == alone.shape[1]
        torch.testing.assert_close(batch[row, : alone.shape[1]], alone[0], rtol=1e-5, atol=1e-5)


@torch.no_grad()
def test_frame_lengths_are_those_of_real_outputs(make):
    encoder = make().eval()
    for num_frames in range(15, 48):
        frames, lengths = encoder(torch.randn(1, num_frames, 24))
        assert lengths is None
        assert frames.shape == (1, encoder.frame_lengths(num_frames), encoder.out_dim)


@torch.no_grad()
def test_full_lengths_equal_no_lengths(make):
    encoder, x = trained_a_little(make), torch.randn(3, 40, 24)
    torch.testing.assert_close(encoder(x, torch.full((3,), 40))[0], encoder(x)[0], rtol=0, atol=0)


@torch.no_grad()
def test_evaluation_is_deterministic(make):
    encoder, x = trained_a_little(make), torch.randn(3, 40, 24)
    assert torch.equal(encoder(x)[0], encoder(x)[0])


@pytest.mark.parametrize("lengths", [None, torch.tensor([40, 15, 30, 22])])
def test_gradient_reaches_every_parameter_and_the_input(make, lengths):
    encoder, x = make(), torch.randn(4, 40, 24, requires_grad=True)
    frames, _ = encoder(x, lengths)
    (frames * torch.randn_like(frames)).sum().backward()
    for name, parameter in encoder.named_parameters():
        assert parameter.grad is not None and parameter.grad.isfinite().all() and parameter.grad.abs().sum() > 0, name
    assert x.grad.abs().sum() > 0


def test_bfloat16_autocast_stays_close_to_float32(make):
    encoder, x = trained_a_little(make), torch.randn(4, 40, 24)
    with torch.no_grad(), torch.autocast("cpu", torch.bfloat16):
        frames, _ = encoder(x, torch.tensor([40, 15, 30, 22]))
    assert frames.dtype == torch.bfloat16
    exact = encoder(x, torch.tensor([40, 15, 30, 22]))[0].detach()
    assert (frames.float() - exact).norm() < 0.05 * exact.norm()


def test_another_feature_dimension_is_refused(make):
    with pytest.raises(CortadoError, match="23"):
        make()(torch.randn(2, 40, 23))
