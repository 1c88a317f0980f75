"""What every encoder promises (cortado.nn), one row each."""

from collections.abc import Callable
from dataclasses import dataclass

import pytest
import torch

from cortado.errors import CortadoError
from cortado.nn.encoders.crnn import CRNN
from cortado.nn.encoders.lstm import LSTM
from cortado.nn.encoders.residual50 import Residual50
from cortado.nn.encoders.residual_blstm import ResidualBLSTM
from cortado.nn.encoders.resnet import ResNet
from cortado.nn.encoders.se_resnet import SEResNet
from cortado.nn.encoders.tdnn import TDNN
from cortado.nn.encoders.vgg import VGG
from cortado.nn.encoders.vgg_m import VGGM


@dataclass(frozen=True)
class Row:
    make: Callable[[], torch.nn.Module]
    feat_dim: int = 24
    shortest: int = 1  # frames that it needs

    def lengths(self, *more: int) -> torch.Tensor:
        """As many frames as it needs, and so many more."""
        return self.shortest + torch.tensor(more)

    def features(self, batch: int, num_frames: int) -> torch.Tensor:
        return torch.randn(batch, num_frames, self.feat_dim)


THIN = {"channels": (8, 16, 16, 16), "blocks": (1, 2, 1, 1)}
ROWS = {
    "tdnn": Row(lambda: TDNN(24, channels=(32, 32, 32, 32, 48)), shortest=15),
    "tdnn-projected": Row(lambda: TDNN(24, (32, 32, 48), (5, 3, 3), (1, 2, 3), projection_dim=16, momentum=0.5, epsilon=1e-5), shortest=15),
    "resnet-collapsed": Row(lambda: ResNet(24, **THIN)),
    "resnet-stacked": Row(lambda: ResNet(24, **THIN, collapse_frequency=False)),
    "resnet-odd-strides": Row(lambda: ResNet(24, **THIN, strides=(2, 1, 2, 3), stem_stride=(3, 2), collapse_frequency=False)),
    "se-resnet-fast": Row(lambda: SEResNet(24, **THIN)),
    "se-resnet-thin": Row(lambda: SEResNet(24, **THIN, strides=(1, 2, 2, 2), max_pool=True)),
    "vgg": Row(lambda: VGG(24, channels=(8, 12, 16))),
    "vgg-m": Row(lambda: VGGM(97), feat_dim=97, shortest=65),
    "lstm": Row(lambda: LSTM(24, hidden_dim=20, num_layers=2)),
    "crnn": Row(lambda: CRNN(24, channels=(8, 12, 12), hidden_dim=16, min_bins=40)),
    "residual50": Row(lambda: Residual50(24, width=8, blocks=(1, 1, 1, 1), min_bins=32)),
    "residual-blstm": Row(lambda: ResidualBLSTM(24, channels=8, num_blocks=2, hidden_dim=12)),
}
MORE = (46, 0, 1, 2, 3, 18, 45)

pytestmark = pytest.mark.parametrize("row", [pytest.param(row, id=name) for name, row in ROWS.items()])


def trained_a_little(row: Row, seed=0):
    """An encoder whose batch norms hold statistics of their own, in evaluation mode: zero is then not a fixed point."""
    torch.manual_seed(seed)
    encoder = row.make()
    for _ in range(3):
        encoder(3.0 + 2.0 * row.features(4, row.shortest + 25))
    for name, parameter in encoder.named_parameters():
        if name.endswith("bias"):
            torch.nn.init.normal_(parameter)
    return encoder.eval()


@torch.no_grad()
def test_padding_never_changes_a_valid_frame(row):
    encoder, lengths = trained_a_little(row), row.lengths(*MORE)
    x = row.features(len(lengths), int(lengths.max()))
    for i, length in enumerate(lengths):
        x[i, length:] = float("nan")  # what lies in the padding must not matter
    batch, batch_lengths = encoder(x, lengths)
    for i, length in enumerate(lengths):
        alone, _ = encoder(x[i : i + 1, :length])
        assert batch_lengths[i] == alone.shape[1]
        torch.testing.assert_close(batch[i, : alone.shape[1]], alone[0], rtol=1e-5, atol=1e-5)


@torch.no_grad()
def test_frame_lengths_are_those_of_real_outputs(row):
    encoder = row.make().eval()
    for num_frames in range(row.shortest, row.shortest + 33):
        frames, lengths = encoder(row.features(1, num_frames))
        assert lengths is None
        assert frames.shape == (1, encoder.frame_lengths(num_frames), encoder.out_dim)


@torch.no_grad()
def test_one_frame_less_than_it_needs_is_refused(row):
    encoder, x = row.make(), row.features(2, row.shortest + 5)
    assert encoder(x, row.lengths(5, 0))[0].shape[0] == 2
    with pytest.raises(CortadoError, match=f"{row.shortest - 1} frames is too short.*at least {row.shortest}"):
        encoder(x, row.lengths(5, -1))


@torch.no_grad()
def test_full_lengths_equal_no_lengths(row):
    encoder, x = trained_a_little(row), row.features(3, row.shortest + 25)
    torch.testing.assert_close(encoder(x, row.lengths(25, 25, 25))[0], encoder(x)[0], rtol=0, atol=1e-6)


@torch.no_grad()
def test_evaluation_is_deterministic(row):
    encoder, x = trained_a_little(row), row.features(3, row.shortest + 25)
    assert torch.equal(encoder(x)[0], encoder(x)[0])


@pytest.mark.parametrize("more", [None, (25, 0, 15, 7)])
def test_gradient_reaches_every_parameter_and_the_input(row, more):
    torch.manual_seed(0)
    encoder, x = row.make(), row.features(4, row.shortest + 25).requires_grad_()
    frames, _ = encoder(x, None if more is None else row.lengths(*more))
    (frames * torch.randn_like(frames)).sum().backward()
    for name, parameter in encoder.named_parameters():
        assert parameter.grad is not None and parameter.grad.isfinite().all() and parameter.grad.abs().sum() > 0, name
    assert x.grad.abs().sum() > 0


def test_bfloat16_autocast_stays_close_to_float32(row):
    encoder, x, lengths = trained_a_little(row), row.features(4, row.shortest + 25), row.lengths(25, 0, 15, 7)
    with torch.no_grad(), torch.autocast("cpu", torch.bfloat16):
        frames, _ = encoder(x, lengths)
    assert frames.dtype == torch.bfloat16
    exact = encoder(x, lengths)[0].detach()
    assert (frames.float() - exact).norm() < 0.05 * exact.norm()


def test_another_feature_dimension_is_refused(row):
    with pytest.raises(CortadoError, match=str(row.feat_dim - 1)):
        row.make()(torch.randn(2, row.shortest, row.feat_dim - 1))
