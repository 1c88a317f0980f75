"""The 5x7x7 front end of lip readers."""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from cortado.errors import CortadoError
from cortado.nn.visual.clips import Clips
from cortado.nn.visual.temporal import initialise_conv

TIME_TAPS, PLANE_TAPS = 5, 7


class VisualFrontEnd(nn.Module):
    """5x7x7 convolution with stride 2 in the plane, batch normalisation, ReLU, 3x3 maximum with stride 2.

    The convolution is a 2D one over five frames stacked as channels, a third of Conv3d's time on a CPU; its weight is Conv3d's.

    >>> front, x = VisualFrontEnd(width=8), torch.randn(2, 6, 44, 44)
    >>> front(x, Clips(None, 2, 6)).shape
    torch.Size([12, 8, 11, 11])
    """

    def __init__(self, width: int = 64, in_channels: int = 1):
        super().__init__()
        self.in_channels = in_channels
        self.weight = nn.Parameter(torch.empty(width, in_channels, TIME_TAPS, PLANE_TAPS, PLANE_TAPS))
        self.norm = nn.BatchNorm2d(width)
        initialise_conv(self.weight)

    def forward(self, x: Tensor, clips: Clips) -> Tensor:
        """x: (batch, time, [in_channels,] height, width) -> (frames, width, height / 4, width / 4), rounded up."""
        x = x.unsqueeze(2) if x.dim() == 4 else x
        if x.dim() != 5 or x.shape[2] != self.in_channels:
            raise CortadoError(
                f"crops of shape {tuple(x.shape)}: this network was made for (batch, time, {self.in_channels}, height, width)"
            )
        weight = self.weight.flatten(1, 2).contiguous(memory_format=torch.channels_last)
        x = F.conv2d(self._stack(x, clips), weight, stride=2, padding=PLANE_TAPS // 2)
        return F.max_pool2d(F.relu(self.norm(x), inplace=True), 3, stride=2, padding=1)

    def _stack(self, x: Tensor, clips: Clips) -> Tensor:
        """Each frame with two on either side: (frames, in_channels x 5, height, width), channels-last."""
        reach = TIME_TAPS // 2
        x = clips.unpack(clips.pack(x))  # with zeros beyond the lengths, as F.pad sets them around the batch
        x = F.pad(x, (0, 0) * 3 + (reach, reach))
        windows = clips.pack(x.unfold(1, TIME_TAPS, 1).permute(0, 1, 3, 4, 2, 5).flatten(4))
        return windows.permute(0, 3, 1, 2)
