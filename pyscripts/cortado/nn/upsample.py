"""More frames than there are: linear interpolation in time that knows where each utterance ends."""

import torch
from torch import Tensor


def interpolate(x: Tensor, lengths: Tensor | None, factor: int) -> Tensor:
    """x: (batch, time, dim); lengths: (batch,) int64, at least 1, or None -> (batch, factor x time, dim).

    Output frame k lies at input position (k + 1/2) / factor - 1/2: `factor` outputs stand evenly about each input. Before the
    first valid frame, and behind the last, that frame is held. An output is made of two valid frames of its row and of nothing else,
    so it has the same bits with and without padding. Frames beyond factor x lengths mean nothing.

    >>> interpolate(torch.tensor([[[0.0], [8.0], [99.0]]]), torch.tensor([2]), 4).flatten()[:8].tolist()
    [0.0, 0.0, 1.0, 3.0, 5.0, 7.0, 8.0, 8.0]
    """
    before = torch.cat([x[:, :1], x[:, :-1]], dim=1)
    after = torch.cat([x[:, 1:], x[:, -1:]], dim=1)
    if lengths is not None:
        is_last = torch.arange(x.shape[1], device=x.device) == lengths.to(x.device).unsqueeze(1) - 1
        after = torch.where(is_last.unsqueeze(-1), x, after)
    offsets = [(phase + 0.5) / factor - 0.5 for phase in range(factor)]
    phases = [torch.lerp(x, before if offset < 0 else after, abs(offset)) for offset in offsets]
    return torch.stack(phases, dim=2).flatten(1, 2)
