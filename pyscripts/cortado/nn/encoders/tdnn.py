"""The time-delay network of Kaldi's x-vectors, and of the systems that put another pooling behind it.

D. Snyder, D. Garcia-Romero, G. Sell, D. Povey, S. Khudanpur, "X-vectors: Robust DNN embeddings for speaker
recognition", ICASSP 2018, table 1 (frame1 to frame5).
"""

from functools import partial

from torch import Tensor, nn

from cortado.errors import ConfigError
from cortado.nn.lengths import check_features


class TDNN(nn.Module):
    """Dilated convolutions over time, each affine, ReLU, batch normalisation without affine (as Kaldi's components).

    The defaults are the x-vector's contexts {-2..2}, {-2,0,2}, {-3,0,3}, {0}, {0}. Convolutions are Kaldi's valid ones:
    T frames become T - 14, and a row's padding cannot reach its valid frames, so nothing is masked here.

    The self-attentive shallow network (H. Park et al., arXiv 2008.06146) has the same layers. The serialized network
    (H. Zhu et al., Interspeech 2021) has the first three, with `momentum` 0.5 and `epsilon` 1e-5, and then a linear
    projection without bias, `projection_dim` 256.

    >>> import torch
    >>> frames, frame_lengths = TDNN(feat_dim=26)(torch.randn(2, 100, 26), torch.tensor([100, 60]))
    >>> frames.shape, frame_lengths.tolist()
    (torch.Size([2, 86, 1500]), [86, 46])
    """

    def __init__(
        self,
        feat_dim: int,
        channels: tuple[int, ...] = (512, 512, 512, 512, 1500),
        kernel_sizes: tuple[int, ...] = (5, 3, 3, 1, 1),
        dilations: tuple[int, ...] = (1, 2, 3, 1, 1),
        projection_dim: int | None = None,
        momentum: float = 0.1,
        epsilon: float = 1e-3,  # Kaldi's
    ):
        super().__init__()
        if not len(channels) == len(kernel_sizes) == len(dilations):
            raise ConfigError(f"channels {channels}, kernel_sizes {kernel_sizes} and dilations {dilations} need one value per layer each")
        self.feat_dim = feat_dim
        self.out_dim = channels[-1] if projection_dim is None else projection_dim
        self.context = sum(d * (k - 1) for k, d in zip(kernel_sizes, dilations, strict=True))
        inputs = (feat_dim, *channels[:-1])
        layer = partial(_layer, momentum=momentum, epsilon=epsilon)
        self.layers = nn.Sequential(*map(layer, inputs, channels, kernel_sizes, dilations))
        self.projection = nn.Identity() if projection_dim is None else nn.Conv1d(channels[-1], projection_dim, 1, bias=False)

    def frame_lengths(self, lengths):
        """Frames that come out for `lengths` frames (int or int64 tensor)."""
        return lengths - self.context

    def forward(self, x: Tensor, lengths: Tensor | None = None) -> tuple[Tensor, Tensor | None]:
        """x: (batch, time, feat_dim) -> ((batch, time - context, out_dim), frame lengths or None).

        Raises CortadoError for another feat_dim, or a row shorter than context + 1 frames.
        """
        check_features(x, lengths, self.feat_dim, min_frames=self.context + 1)
        frames = self.projection(self.layers(x.transpose(1, 2))).transpose(1, 2)
        return frames, None if lengths is None else self.frame_lengths(lengths)


def _layer(in_dim: int, out_dim: int, kernel_size: int, dilation: int, momentum: float, epsilon: float) -> nn.Module:
    affine = nn.Conv1d(in_dim, out_dim, kernel_size, dilation=dilation)
    return nn.Sequential(affine, nn.ReLU(inplace=True), nn.BatchNorm1d(out_dim, eps=epsilon, momentum=momentum, affine=False))
