"""Mouth clips together with their targets: those of a data directory that a network can be trained on, and which these are."""

import hashlib
from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from cortado.datadir import DataDir
from cortado.datadir.table import few
from cortado.distributed import say
from cortado.errors import CortadoError
from cortado.train.lip_clips import LipClips
from cortado.train.targets import Targets

ClipBatch = tuple[Tensor, Tensor, Tensor, Tensor]  # clips, their lengths, targets, how many of these


class LabelledClips:
    """The clips of a data directory that have targets. Those longer than `max_frames` are cut to it where their targets can be cut.

    `lengths`: (num_clips,) int64, frames, `num_targets`: (num_clips,) int64, both after the cut. Says on stdout how many clips are
    cut or left out, and why. Raises CortadoError where none remains, and as `targets` does where they contradict the clips.
    """

    def __init__(self, data_dir: DataDir, targets: Targets, max_frames: int):
        self.clips, self.targets = LipClips(data_dir), targets
        self._kept = self._select(max_frames)
        self._frames = self.clips.num_frames[self._kept]
        self.lengths = np.minimum(self._frames, max_frames)
        num_cut = int((self._frames > max_frames).sum())
        if num_cut:
            say(f"{self.clips.path}: {num_cut} of {len(self)} clips are longer than {max_frames} frames, and cut to that")
        counts = [targets.count(self.utterance(item), int(length)) for item, length in enumerate(self.lengths)]
        self.num_targets = np.array(counts, np.int64)

    def _select(self, max_frames: int) -> np.ndarray:
        """The indices of the clips that can be trained on; says what is left out."""
        kept, left_out = [], {}
        for index, (utterance, num_frames) in enumerate(zip(self.clips.utterances, self.clips.num_frames.tolist(), strict=True)):
            if problem := self._problem(utterance, num_frames, max_frames):
                reason, detail = problem
                left_out.setdefault(reason, []).append(utterance + detail)
            else:
                kept.append(index)
        for reason, utterances in left_out.items():
            say(f"{self.clips.path}: {len(utterances)} of {len(self.clips.utterances)} clips are left out, {reason}: {few(utterances)}")
        if not kept:
            raise CortadoError(f"{self.clips.path}: no clip is left to train on, with the targets in {self.targets.path}")
        return np.array(kept, np.int64)

    def _problem(self, utterance: str, num_frames: int, max_frames: int) -> tuple[str, str] | None:
        """Why the clip is left out, and what is to be said of it alone; None for one that is kept."""
        if utterance not in self.targets:
            return f"without a line in {self.targets.path}", ""
        if problem := self.targets.problem(utterance, num_frames, self.clips.path):
            return "whose targets cannot be learned", f" ({problem})"
        if num_frames > max_frames and not self.targets.can_be_cut:
            return f"longer than {max_frames} frames", ""
        return None

    def __len__(self) -> int:
        return len(self._kept)

    def utterance(self, item: int) -> str:
        """The name of clip `item` of those that are left."""
        return self.clips.utterances[self._kept[item]]

    def spare_frames(self, item: int) -> int:
        """How many frames of the clip the cut leaves out."""
        return int(self._frames[item] - self.lengths[item])

    def read(self, item: int, start: int) -> tuple[np.ndarray, Tensor]:
        """The clip from frame `start` on, (lengths[item], ...) uint8, and its targets, (num_targets[item],) int64."""
        stop = start + int(self.lengths[item])
        return self.clips.read(self._kept[item], start, stop), self.targets.read(self.utterance(item), start, stop)

    def fingerprint(self) -> str:
        """A digest of what is trained on: names, lengths, and samples of pixels and targets."""
        digest = hashlib.md5("\n".join(map(self.utterance, range(len(self)))).encode(), usedforsecurity=False)
        for part in (self._frames.tobytes(), self.clips.contents(), self.targets.contents()):
            digest.update(part)
        return digest.hexdigest()


def collate(views: Sequence[np.ndarray], targets: Sequence[Tensor]) -> ClipBatch:
    """Views (frames, ...) float32 padded with zeros to (batch, time, ...), lengths (batch,) int64; targets likewise."""
    lengths = torch.tensor([len(view) for view in views])
    x = torch.zeros(len(views), int(lengths.max()), *views[0].shape[1:])
    for row, view in zip(x, views, strict=True):
        row[: len(view)] = torch.from_numpy(view)
    sizes = torch.tensor([len(target) for target in targets])
    return x, lengths, torch.nn.utils.rnn.pad_sequence(list(targets), batch_first=True), sizes
