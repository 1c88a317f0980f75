"""The lip-reading network: visual module, Transformer, interpolation to the rate of the classes, class scores."""

import torch
from torch import Tensor, nn

from cortado.nn.upsample import interpolate


class LipNetwork(nn.Module):
    """Mouth clips to log posteriors of classes, `upsample` times as many frames as the clips have.

    J. Zeng, J. Du, Z. Wang, "HMM-based lip reading with stingy residual 3D convolution": with HMM states as classes, whose
    targets stand at 100 frames a second, `upsample` is 4; with units of CTC (T. Afouras et al., "Deep audio-visual speech
    recognition", TPAMI 2018) it is 1.

    `visual`: a module of cortado.nn.visual; `encoder`: a TransformerEncoder, or another with its `forward` and its attribute `dim`.

    >>> from cortado.nn.transformer import TransformerEncoder
    >>> from cortado.nn.visual.resnet18 import ResNet18
    >>> encoder = TransformerEncoder(dim=16, num_layers=1, num_heads=2, feedforward_dim=32)
    >>> network = LipNetwork(ResNet18(width=4, blocks=(1, 1)), encoder, num_classes=10)
    >>> network(torch.randn(2, 6, 24, 24), torch.tensor([6, 4])).shape
    torch.Size([2, 24, 10])
    """

    def __init__(self, visual: nn.Module, encoder: nn.Module, num_classes: int, upsample: int = 4, dropout: float = 0.1):
        super().__init__()
        self.visual, self.encoder, self.upsample, self.num_classes = visual, encoder, upsample, num_classes
        self.project = nn.Sequential(nn.Linear(visual.output_dim, encoder.dim), nn.LayerNorm(encoder.dim), nn.Dropout(dropout))
        self.classify = nn.Sequential(nn.Dropout(dropout), nn.Linear(encoder.dim, num_classes))

    def forward(self, x: Tensor, lengths: Tensor | None = None) -> Tensor:
        """Log posteriors, float32. x: (batch, time, [channels,] height, width) float, normalised and cropped; lengths: (batch,) int64
        or None -> (batch, upsample x time, num_classes); beyond upsample x lengths, anything finite.
        """
        if lengths is not None and int(lengths.min()) == x.shape[1]:
            lengths = None  # nothing is padded, so nothing need be masked
        frames = self.encoder(self.project(self.visual(x, lengths)), lengths)
        scores = self.classify(frames)  # affine, so it may stand before the interpolation, at a quarter of the work
        return torch.log_softmax(interpolate(scores, lengths, self.upsample).float(), dim=-1)
