"""The LSTM of generalised end-to-end training: L. Wan, Q. Wang, A. Papir, I. Lopez Moreno, "Generalized end-to-end loss for
speaker verification", ICASSP 2018, section 3."""

import torch
from torch import Tensor, nn

from cortado.nn.lengths import check_features


class LSTM(nn.Module):
    """Layers of LSTM, of which only the state behind an utterance's last frame is kept: one frame comes out.

    So any pooling of one frame will do, and average pooling is the frame itself. The defaults are the paper's; with 40
    mels and the projection to 256, the network's head, it has 12,134,656 parameters.

    >>> frames, frame_lengths = LSTM(feat_dim=40, hidden_dim=8)(torch.randn(2, 160, 40), torch.tensor([160, 90]))
    >>> frames.shape, frame_lengths.tolist()
    (torch.Size([2, 1, 8]), [1, 1])
    """

    def __init__(self, feat_dim: int, hidden_dim: int = 768, num_layers: int = 3):
        super().__init__()
        self.feat_dim, self.out_dim = feat_dim, hidden_dim
        self.layers = nn.LSTM(feat_dim, hidden_dim, num_layers, batch_first=True)

    def frame_lengths(self, lengths):
        """Frames that come out for `lengths` frames (int or int64 tensor): 1."""
        return torch.ones_like(lengths) if isinstance(lengths, Tensor) else 1

    def forward(self, x: Tensor, lengths: Tensor | None = None) -> tuple[Tensor, Tensor | None]:
        """x: (batch, time, feat_dim) -> ((batch, 1, hidden_dim), frame lengths or None).

        Raises CortadoError for another feat_dim, or an empty row.
        """
        check_features(x, lengths, self.feat_dim)
        states, _ = self.layers(x)
        if lengths is None:
            return states[:, -1:], None
        rows = torch.arange(len(states), device=states.device)
        return states[rows, lengths - 1].unsqueeze(1), self.frame_lengths(lengths)
