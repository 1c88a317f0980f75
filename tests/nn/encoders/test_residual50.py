"""ResNet-50 over the plane: the sizes of its table (He et al., CVPR 2016, table 1), and a bottleneck written out."""

import torch
from torch.nn import functional as F

from cortado.nn.cost import num_parameters
from cortado.nn.encoders.residual50 import Residual50

RESNET50 = 25_557_032  # the published network, with 3 x 7 x 7 filters in the first layer and 1000 classes


def test_has_the_parameters_of_resnet_50_but_for_the_first_layer_and_the_classes():
    with torch.device("meta"):
        assert num_parameters(Residual50(128)) == RESNET50 - 64 * 3 * 7 * 7 + 64 * 3 * 3 - (2048 + 1) * 1000


def test_only_the_first_stride_of_the_table_is_gone():
    planes = []
    with torch.device("meta"):
        net = Residual50(128)
        for module in (net.stem, net.pool, *net.stages):
            module.register_forward_hook(lambda _, __, y: planes.append(tuple(y.shape[1:])))
        assert net(torch.empty(1, 426, 128))[0].shape == (1, 27, 2048)
    assert planes == [(64, 426, 128), (64, 213, 64), (256, 213, 64), (512, 107, 32), (1024, 54, 16), (2048, 27, 8)]


@torch.no_grad()
def test_a_bottleneck_equals_its_description_written_out():
    torch.manual_seed(0)
    net = Residual50(16, width=4, blocks=(1, 1, 1, 1)).double()
    net(torch.randn(4, 20, 16, dtype=torch.float64))
    block = net.eval().stages[1].blocks[0]
    x = torch.randn(2, 16, 9, 4, dtype=torch.float64)
    assert block.reduce[0].weight.shape == (8, 16, 1, 1) and block.expand[0].weight.shape == (32, 8, 1, 1)
    y = block.reduce[1](F.conv2d(x, block.reduce[0].weight, stride=2)).relu()
    y = block.conv[1](F.conv2d(y, block.conv[0].weight, padding=1)).relu()
    y = block.expand[1](F.conv2d(y, block.expand[0].weight))
    shortcut = block.shortcut[1](F.conv2d(x, block.shortcut[0].weight, stride=2))
    torch.testing.assert_close(block(x, None), (y + shortcut).relu())
