"""Costs against counting by hand and by the shapes that layers see."""

import torch
from torch import nn

from cortado.nn.cost import multiply_accumulates, num_parameters
from cortado.nn.encoders.lstm import LSTM
from cortado.nn.encoders.se_resnet import SEResNet


def test_convolution_and_linear_layer_by_hand():
    conv = nn.Conv2d(6, 10, (3, 5), stride=2, groups=2)
    assert multiply_accumulates(conv, torch.randn(4, 6, 9, 11)) == 4 * (4 * 4) * 10 * (6 // 2) * 3 * 5
    assert multiply_accumulates(nn.Linear(7, 3), torch.randn(5, 7)) == 5 * 7 * 3


def test_a_whole_network_is_the_sum_over_the_shapes_its_layers_see():
    net, x, counted = SEResNet(20, channels=(8, 16), blocks=(1, 2), strides=(1, 2), max_pool=True), torch.randn(2, 30, 20), []

    def count(module, _, y):
        counted.append(y.numel() // module.weight.shape[0] * module.weight.numel())

    for module in net.modules():
        if isinstance(module, nn.Conv2d | nn.Linear):
            module.register_forward_hook(count)
    assert multiply_accumulates(net, x) == sum(counted) > 0


def test_on_the_meta_device_an_lstm_costs_its_matrices_in_every_frame():
    with torch.device("meta"):
        assert multiply_accumulates(LSTM(40, 768, 3), torch.empty(2, 10, 40)) == 2 * 10 * 4 * 768 * (40 + 768 + 2 * 2 * 768)


def test_values_shared_by_two_layers_are_counted_once():
    layer = nn.Linear(3, 3)
    assert num_parameters(nn.Sequential(layer, layer)) == 12
