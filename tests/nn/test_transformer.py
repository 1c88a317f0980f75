"""The Transformer encoder: against its equations written out, blind to padding, and aware of order."""

import math

import pytest
import torch

from cortado.nn.transformer import TransformerEncoder, sinusoids

SIZES = {"dim": 16, "num_layers": 2, "num_heads": 4, "feedforward_dim": 24}


def make_encoder(**changes) -> TransformerEncoder:
    torch.manual_seed(0)
    return TransformerEncoder(**{**SIZES, **changes}).eval()


def reference(encoder: TransformerEncoder, x: torch.Tensor, norm_first: bool) -> torch.Tensor:
    """Equations 1 to 3 of Vaswani et al., one head and one utterance (frames, dim) at a time."""

    def attend(layer, y):
        query, key, value = (
            y @ w.T + b for w, b in zip(layer.self_attn.in_proj_weight.chunk(3), layer.self_attn.in_proj_bias.chunk(3), strict=True)
        )
        heads = []
        for q, k, v in zip(query.chunk(4, 1), key.chunk(4, 1), value.chunk(4, 1), strict=True):
            heads.append(torch.softmax(q @ k.T / math.sqrt(q.shape[1]), dim=1) @ v)
        return layer.self_attn.out_proj(torch.cat(heads, 1))

    def feed_forward(layer, y):
        return layer.linear2(torch.relu(layer.linear1(y)))

    for layer in encoder.layers:
        if norm_first:
            x = x + attend(layer, layer.norm1(x))
            x = x + feed_forward(layer, layer.norm2(x))
        else:
            x = layer.norm1(x + attend(layer, x))
            x = layer.norm2(x + feed_forward(layer, x))
    return encoder.norm(x)


@pytest.mark.parametrize("norm_first", [False, True])
def test_layers_follow_the_equations_of_the_paper(norm_first):
    encoder = make_encoder(norm_first=norm_first)
    x = torch.randn(9, 16)
    torch.testing.assert_close(encoder(x[None])[0], reference(encoder, x + sinusoids(9, 16), norm_first), atol=1e-5, rtol=1e-5)


def test_positions_are_the_sines_of_the_paper():
    table = sinusoids(50, 8)
    for position in (0, 1, 49):
        for i in range(4):
            angle = position / 10000 ** (2 * i / 8)
            assert table[position, 2 * i].item() == pytest.approx(math.sin(angle), abs=1e-5)
            assert table[position, 2 * i + 1].item() == pytest.approx(math.cos(angle), abs=1e-5)


@pytest.mark.parametrize("positions", ["sinusoidal", "convolutional"])
@pytest.mark.parametrize("norm_first", [False, True])
def test_padding_changes_nothing_whatever_stands_in_it(positions, norm_first):
    encoder = make_encoder(positions=positions, norm_first=norm_first)
    x, lengths = torch.randn(3, 11, 16), [11, 4, 1]
    for row, length in enumerate(lengths):
        x[row, length:] = torch.nan
    with torch.inference_mode():
        together = encoder(x, torch.tensor(lengths))
        for row, length in enumerate(lengths):
            torch.testing.assert_close(together[row, :length], encoder(x[row : row + 1, :length])[0], atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("positions", ["sinusoidal", "convolutional"])
def test_the_order_of_frames_matters(positions):
    encoder, x = make_encoder(positions=positions), torch.randn(1, 6, 16)
    assert (encoder(x.flip(1)).flip(1) - encoder(x)).abs().max() > 0.01


def test_layers_begin_with_weights_of_their_own():
    first, second = make_encoder().layers
    assert not torch.equal(first.linear1.weight, second.linear1.weight)


def test_a_width_that_heads_cannot_share_is_refused():
    with pytest.raises(ValueError, match="dim 20 is not a multiple of 2 x num_heads, 8"):
        make_encoder(dim=20)


def test_positions_of_another_kind_are_refused():
    with pytest.raises(ValueError, match="positions are sinusoidal or convolutional, not learned"):
        make_encoder(positions="learned")
