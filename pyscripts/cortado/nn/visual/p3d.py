"""P3D-A: a convolution in the plane and then one over time.

Z. Qiu, T. Yao, T. Mei, "Learning spatio-temporal representation with pseudo-3D residual networks", ICCV 2017, its serial form.
"""

from torch import Tensor, nn
from torch.nn import functional as F

from cortado.nn.visual.clips import Clips
from cortado.nn.visual.network import VisualNetwork
from cortado.nn.visual.temporal import TemporalConv


class P3DA(VisualNetwork):
    """At width 64 it has 15,368,384 parameters.

    >>> P3DA(width=8, blocks=(1, 1)).output_dim
    16
    """

    def __init__(self, width: int = 64, blocks: tuple[int, ...] = (2, 2, 2, 2), in_channels: int = 1):
        super().__init__(SerialConv, width, blocks, in_channels)


class SerialConv(nn.Module):
    """1x3x3 convolution, batch normalisation and ReLU; 3x1x1 convolution and batch normalisation."""

    def __init__(self, in_channels: int, out_channels: int, stride: int):
        super().__init__()
        self.in_plane = nn.Conv2d(in_channels, out_channels, 3, stride=stride, padding=1, bias=False)
        self.plane_norm = nn.BatchNorm2d(out_channels)
        self.over_time = TemporalConv(out_channels, out_channels, kernel_size=1)
        self.time_norm = nn.BatchNorm2d(out_channels)

    def forward(self, frames: Tensor, clips: Clips) -> Tensor:
        frames = F.relu(self.plane_norm(self.in_plane(frames)), inplace=True)
        return self.time_norm(self.over_time(frames, clips))
