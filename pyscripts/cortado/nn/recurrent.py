"""A recurrent encoder, in both directions: each frame knows what comes before and after it in its utterance."""

from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence


class BiGruEncoder(nn.Module):
    """Frames to as many frames of the same width: `num_layers` bidirectional GRUs, of dim / 2 units each way, and a layer norm.

    With two layers the back end of LipNet (Y. Assael, B. Shillingford, S. Whiteson, N. de Freitas, 2016), where few clips are to be
    learnt from: it has a notion of order that a Transformer must acquire. `dropout` lies between the layers.

    >>> import torch
    >>> encoder = BiGruEncoder(dim=16)
    >>> encoder(torch.randn(2, 9, 16), torch.tensor([9, 4])).shape
    torch.Size([2, 9, 16])
    """

    def __init__(self, dim: int = 192, num_layers: int = 2, dropout: float = 0.2):
        super().__init__()
        if dim % 2:
            raise ValueError(f"dim {dim} is odd; each direction takes half of it")
        self.dim = dim
        self.gru = nn.GRU(dim, dim // 2, num_layers, batch_first=True, bidirectional=True, dropout=dropout if num_layers > 1 else 0.0)
        self.norm = nn.LayerNorm(dim)

    def forward(self, x: Tensor, lengths: Tensor | None = None) -> Tensor:
        """x: (batch, time, dim); lengths: (batch,) int64, at least 1, or None -> (batch, time, dim), anything beyond the lengths."""
        if lengths is None:
            return self.norm(self.gru(x)[0])
        packed = pack_padded_sequence(x, lengths.cpu(), batch_first=True, enforce_sorted=False)
        return self.norm(pad_packed_sequence(self.gru(packed)[0], batch_first=True, total_length=x.shape[1])[0])
