"""What a rank works on, and the features of its chunks under the transforms of a model: none, one for all, or one for each speaker."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from cortado.hmm.chunks import Chunk
from cortado.hmm.features import apply_affine


@dataclass(frozen=True)
class Shard:
    """`speakers`: of the whole corpus. Transforms are (num, D, D + 1), num being 0, 1 or that of the speakers, in their order."""

    chunks: list[Chunk]
    speakers: Sequence[str]
    silence_phones: Sequence[int]
    num_threads: int

    @cached_property
    def row_of_speaker(self) -> dict[str, int]:
        return {speaker: row for row, speaker in enumerate(self.speakers)}

    def feats(self, chunk: Chunk, transforms: np.ndarray) -> np.ndarray:
        """(num_frames, D) float32."""
        feats = chunk.read_feats()
        for transform, span in self._of_spans(chunk, transforms):
            feats[span] = apply_affine(feats[span], transform)
        return feats

    def log_determinant(self, chunk: Chunk, is_counted: np.ndarray, transforms: np.ndarray) -> float:
        """What the transforms add to the log-likelihood of the frames that are counted, (num_frames,) bool."""
        of_spans = self._of_spans(chunk, transforms)
        return sum(float(np.linalg.slogdet(transform[:, :-1])[1]) * np.count_nonzero(is_counted[span]) for transform, span in of_spans)

    def _of_spans(self, chunk: Chunk, transforms: np.ndarray) -> Iterator[tuple[np.ndarray, slice]]:
        """(transform, frames) for runs of frames that have the same one."""
        if len(transforms) == 1:
            yield transforms[0], slice(0, chunk.num_frames)
        elif len(transforms) > 1:
            for speaker, start, end in chunk.speaker_spans:
                yield transforms[self.row_of_speaker[speaker]], slice(start, end)
