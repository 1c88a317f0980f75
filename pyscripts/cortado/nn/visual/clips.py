"""Clips of different lengths as one row of frames: the padding of a batch is left out, and no frame sees another clip's."""

import torch
from torch import Tensor

from cortado.errors import CortadoError
from cortado.nn.lengths import is_padding


class Clips:
    """Where the clips of a batch lie in their row of frames, which is theirs one after the other.

    lengths: (batch,) int64, each 1 to num_frames, or None for full clips. Raises CortadoError for any other length. `joined` says
    of each frame but the last whether the next is of the same clip, (frames - 1, 1, 1, 1) bool. `index` is where the frames stand
    in the batch, None if nothing is padded.

    >>> clips = Clips(torch.tensor([1, 3]), batch_size=2, num_frames=4)
    >>> frames = clips.pack(torch.tensor([[1.0, 9.0, 9.0, 9.0], [2.0, 3.0, 4.0, 9.0]]))
    >>> frames.tolist()
    [1.0, 2.0, 3.0, 4.0]
    >>> clips.unpack(frames).tolist()
    [[1.0, 0.0, 0.0, 0.0], [2.0, 3.0, 4.0, 0.0]]
    """

    def __init__(self, lengths: Tensor | None, batch_size: int, num_frames: int, device: torch.device | None = None):
        self.shape = (batch_size, num_frames)
        self.index = None if lengths is None else _valid_frames(lengths, num_frames, device)
        index = torch.arange(batch_size * num_frames, device=device) if self.index is None else self.index
        clip = index // num_frames
        self.joined = (clip[1:] == clip[:-1])[:, None, None, None]

    def pack(self, x: Tensor) -> Tensor:
        """(batch, time, ...) -> (frames, ...)."""
        x = x.flatten(0, 1)
        return x if self.index is None else x.index_select(0, self.index)

    def unpack(self, frames: Tensor) -> Tensor:
        """(frames, ...) -> (batch, time, ...), zeros beyond the lengths."""
        if self.index is not None:
            frames = frames.new_zeros(self.shape[0] * self.shape[1], *frames.shape[1:]).index_copy(0, self.index, frames)
        return frames.unflatten(0, self.shape)


def _valid_frames(lengths: Tensor, num_frames: int, device: torch.device | None) -> Tensor | None:
    """Where they stand among all frames of the batch, on `device`; None if they are all of them."""
    shortest, longest = int(lengths.min()), int(lengths.max())
    if shortest < 1 or longest > num_frames:
        raise CortadoError(f"clips of {shortest} to {longest} frames in a batch of {num_frames}: lengths must be from 1 to that")
    if shortest == num_frames:
        return None
    return (~is_padding(lengths, num_frames)).flatten().nonzero().squeeze(1).to(device)


def add_taps(before: Tensor, now: Tensor, after: Tensor, joined: Tensor) -> Tensor:
    """before[t - 1] + now[t] + after[t + 1] within each clip, written over `now`. A clip's first and last frame lack a neighbour.

    All (frames, channels, height, width); joined: (frames - 1, 1, 1, 1) bool, whether a frame and the next are of one clip.
    """
    return _AddTaps.apply(before, now, after, joined.to(now.dtype))


class _AddTaps(torch.autograd.Function):
    """By hand: this is bound by memory, and autograd would copy whole tensors for each slice."""

    @staticmethod
    def forward(ctx, before: Tensor, now: Tensor, after: Tensor, joined: Tensor) -> Tensor:
        ctx.save_for_backward(joined)
        ctx.mark_dirty(now)
        now[1:].addcmul_(before[:-1], joined)
        now[:-1].addcmul_(after[1:], joined)
        return now

    @staticmethod
    def backward(ctx, grad: Tensor) -> tuple[Tensor | None, ...]:
        (joined,) = ctx.saved_tensors
        before, after = torch.empty_like(grad), torch.empty_like(grad)
        torch.mul(grad[1:], joined, out=before[:-1])
        torch.mul(grad[:-1], joined, out=after[1:])
        before[-1], after[0] = 0, 0
        return before, grad, after, None
