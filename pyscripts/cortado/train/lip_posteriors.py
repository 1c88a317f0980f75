"""Log posteriors of whole clips from a trained lip reader: of several in a batch, or of one, too long for memory, in chunks."""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from cortado.feats.windows import Windows
from cortado.nn.lip_network import LipNetwork
from cortado.train.lip_clips import LipClips
from cortado.train.lip_pixels import PixelSettings, middle_view


class LipReader:
    """A network in evaluation mode and what it sees of clips."""

    def __init__(self, network: LipNetwork, pixels: PixelSettings):
        self.network, self.pixels = network, pixels
        self.device = next(network.parameters()).device

    def read(self, clips: LipClips, indices: Sequence[int]) -> list[np.ndarray]:
        """For each of these clips (upsample x frames, num_classes) float32, the same but for rounding whatever the others are."""
        views = [self._view(clips, index) for index in indices]
        lengths = torch.tensor([len(view) for view in views])
        x = torch.nn.utils.rnn.pad_sequence(views, batch_first=True)
        log_posteriors = self._log_posteriors(x, lengths)
        return [row[: self.network.upsample * length] for row, length in zip(log_posteriors, lengths.tolist(), strict=True)]

    def read_in_chunks(self, clips: LipClips, index: int, chunk_frames: int) -> np.ndarray:
        """The same of one long clip, of which no more than `chunk_frames` frames are held at a time.

        Chunks, which overlap by a quarter or more, are seen each by itself, its mean frame included. An output is taken from the chunk in
        whose middle it is nearest to lie.
        """
        num_frames, upsample = int(clips.num_frames[index]), self.network.upsample
        starts = chunk_starts(num_frames, chunk_frames)
        middles = (starts[1:] + starts[:-1] + chunk_frames) // 2  # of the overlaps
        edges = [0, *middles.tolist(), num_frames]
        parts = []
        for start, first, last in zip(starts.tolist(), edges[:-1], edges[1:], strict=True):
            view = self._view(clips, index, start, min(start + chunk_frames, num_frames))
            (log_posteriors,) = self._log_posteriors(view.unsqueeze(0), torch.tensor([len(view)]))
            parts.append(log_posteriors[upsample * (first - start) : upsample * (last - start)])
        return np.concatenate(parts)

    def _view(self, clips: LipClips, index: int, start: int = 0, stop: int | None = None) -> Tensor:
        return torch.from_numpy(middle_view(clips.read(index, start, stop), self.pixels))

    @torch.inference_mode()
    def _log_posteriors(self, x: Tensor, lengths: Tensor) -> np.ndarray:
        return self.network(x.to(self.device), lengths.to(self.device)).cpu().numpy()


def chunk_starts(num_frames: int, chunk_frames: int) -> np.ndarray:
    """The first frames of as few chunks as overlap by a quarter, at even distances, the last of which ends with the clip.

    >>> chunk_starts(1000, 400).tolist(), chunk_starts(300, 400).tolist()
    ([0, 300, 600], [0])
    """
    overlap = chunk_frames // 4
    count = max(1, -(-(num_frames - overlap) // (chunk_frames - overlap)))
    return Windows(chunk_frames, count=count).starts(num_frames)
