"""The stingy convolution: its paper's equation 6 term by term, and the fast form against the definition."""

import pytest
import torch

from cortado.errors import ConfigError, CortadoError
from cortado.nn.cost import multiply_accumulates
from cortado.nn.visual.clips import Clips
from cortado.nn.visual.stingy import Sti3D, StingyConv, StiRes3D, shuffled_halves
from cortado.nn.visual.stingy_reference import StingyConv3d, by_definition, shuffle

SHAPES = pytest.mark.parametrize("c_in, c_out, omega", [(8, 8, 2), (8, 16, 2), (16, 12, 1), (16, 32, 0.5), (4, 8, 1.5)])
T, D = 3, 5


@SHAPES
def test_equation_6_term_by_term(c_in, c_out, omega):
    conv, half = StingyConv3d(c_in, c_out, 1, omega, has_shortcut=True), torch.zeros(1, c_in // 2, T, D, D)
    wide, whole = torch.zeros(1, int(omega * c_in / 2), T, D, D), torch.zeros(1, c_in, T, D, D)
    positions = T * D**2
    assert multiply_accumulates(conv.light, half) == positions * c_in * c_out / 2
    assert multiply_accumulates(conv.expand, half) == positions * omega / 4 * c_in**2
    assert multiply_accumulates(conv.depthwise, wide) == positions * omega / 2 * 27 * c_in
    assert multiply_accumulates(conv.project, wide) == positions * omega / 2 * c_in * c_out
    assert multiply_accumulates(conv.shortcut, whole) == positions * c_in * c_out
    equation_6 = positions * c_in * ((3 + omega) / 2 * c_out + omega / 4 * c_in + omega / 2 * 27)
    assert multiply_accumulates(conv, whole) == equation_6


@SHAPES
def test_the_fast_form_has_the_cost_of_equation_6_too(c_in, c_out, omega):
    conv = StingyConv(c_in, c_out, 1, omega, has_shortcut=True)
    equation_6 = T * D**2 * c_in * ((3 + omega) / 2 * c_out + omega / 4 * c_in + omega / 2 * 27)
    assert multiply_accumulates(conv, torch.zeros(T, c_in, D, D), Clips(None, 1, T)) == equation_6


@pytest.mark.parametrize("stride", [1, 2])
@pytest.mark.parametrize("has_shortcut", [True, False])
@SHAPES
def test_fast_form_and_definition_agree_in_outputs_gradients_and_statistics(c_in, c_out, omega, has_shortcut, stride):
    torch.manual_seed(0)
    fast = StingyConv(c_in, c_out, stride, omega, has_shortcut).double()
    for parameter in fast.parameters():
        torch.nn.init.normal_(parameter)
    plain, clips = StingyConv3d.of(fast), Clips(None, 2, T)
    x = torch.randn(2, T, c_in, 7, 6, dtype=torch.float64, requires_grad=True)
    ours, theirs = clips.unpack(fast(clips.pack(x), clips)), plain(x.transpose(1, 2)).transpose(1, 2)
    torch.testing.assert_close(ours, theirs)
    weights = torch.randn_like(ours)
    for_x = [torch.autograd.grad((y * weights).sum(), x, retain_graph=True)[0] for y in (ours, theirs)]
    torch.testing.assert_close(*for_x)
    for y in (ours, theirs):
        (y * weights).sum().backward()
    theirs_by_name = dict(plain.named_parameters())
    for name, parameter in fast.named_parameters():
        gradient = theirs_by_name[name].grad
        if name in ("light.0.weight", "expand.0.weight"):  # back from the order of the shuffle: a0 b0 a1 b1 ... to a0 a1 ... b0 b1 ...
            gradient = gradient.unflatten(1, (-1, 2)).transpose(1, 2).flatten(1, 2)
        torch.testing.assert_close(parameter.grad, gradient.reshape(parameter.shape))
    after = StingyConv3d.of(fast).state_dict()
    torch.testing.assert_close(dict(plain.state_dict()), dict(after))  # running statistics were moved alike


@pytest.mark.parametrize("kind", [Sti3D, StiRes3D])
def test_a_whole_network_agrees_with_its_definition_in_training_and_evaluation(kind):
    network = kind(width=8, blocks=(2, 1)).double()
    plain, x = by_definition(network), torch.randn(2, 5, 20, 20, dtype=torch.float64)
    for training in (True, False):
        network.train(training), plain.train(training)
        outputs = network(x), plain(x)
        torch.testing.assert_close(*outputs)
        gradients = [
            torch.autograd.grad(y.square().sum(), net.front_end.weight)[0] for y, net in zip(outputs, (network, plain), strict=True)
        ]
        torch.testing.assert_close(*gradients)


def test_the_definition_refuses_padded_clips():
    with pytest.raises(CortadoError, match="knows no padding"):
        by_definition(StiRes3D(width=4, blocks=(1,)))(torch.randn(2, 3, 16, 16), torch.tensor([3, 2]))


def test_each_path_sees_half_of_both_groups_as_after_a_shuffle():
    channels = torch.arange(12.0).view(1, 12, 1, 1)
    ours = [set(half.flatten().tolist()) for half in shuffled_halves(channels)]
    assert (
        ours == [set(half.flatten().tolist()) for half in shuffle(channels).chunk(2, dim=1)] == [{0, 1, 2, 6, 7, 8}, {3, 4, 5, 9, 10, 11}]
    )


@pytest.mark.parametrize(
    "width, omega, message", [(8, 0.3, "omega 0.3 makes 1.2"), (8, 0.0, "makes 0 heavy"), (6, 2.0, "6 channels.*multiple of 4")]
)
def test_sizes_that_cannot_be_are_refused_with_their_numbers(width, omega, message):
    with pytest.raises(ConfigError, match=message):
        StiRes3D(width=width, omega=omega)
