"""The recurrent encoder: frames beyond an utterance's end change nothing in it, and both directions are heard."""

import pytest
import torch

from cortado.nn.recurrent import BiGruEncoder


@pytest.fixture
def encoder() -> BiGruEncoder:
    torch.manual_seed(0)
    return BiGruEncoder(dim=16).eval()


def test_an_utterance_in_a_padded_batch_comes_out_as_it_does_alone(encoder):
    x, lengths = torch.randn(3, 9, 16), torch.tensor([4, 9, 1])
    together = encoder(x, lengths)
    assert together.shape == (3, 9, 16)
    for row, length, found in zip(x, lengths, together, strict=True):
        torch.testing.assert_close(found[:length], encoder(row[None, :length])[0], rtol=0, atol=1e-5)


def test_each_frame_depends_on_all_others_and_on_none_behind_the_end(encoder):
    x = torch.randn(1, 8, 16, requires_grad=True)
    for frame in (0, 3, 5):
        (gradient,) = torch.autograd.grad(encoder(x, torch.tensor([6]))[0, frame].square().sum(), x)
        assert (gradient[0].abs().sum(1) > 0).tolist() == [True] * 6 + [False] * 2


def test_an_odd_width_is_refused():
    with pytest.raises(ValueError, match="dim 15 is odd"):
        BiGruEncoder(dim=15)
