"""The data of a rank in chunks that lie on disk, so that memory does not grow with the corpus.

How a corpus is cut into chunks depends on its utterances alone, and the ranks share whole chunks. So the sums over a chunk are the same for any
number of ranks.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from pathlib import Path

import numpy as np

from cortado.distributed import share
from cortado.errors import CortadoError
from cortado.hmm.corpus import Utterance
from cortado.hmm.packed_graphs import PackedGraphs

MOST_CHUNK_FRAMES = 100_000
LEAST_CHUNK_FRAMES = 10_000  # smaller ones have too few frames of each pdf to be worked on at once
LEAST_CHUNKS = 16  # where that leaves enough frames for each


@dataclass(frozen=True)
class Chunk:
    """Some utterances; their features, graphs and alignments are in files beginning with `prefix`."""

    utterances: list[Utterance]
    prefix: Path

    @cached_property
    def frame_offsets(self) -> np.ndarray:
        """(U + 1,) int64."""
        return np.cumsum([0, *(utterance.num_frames for utterance in self.utterances)])

    @property
    def num_frames(self) -> int:
        return int(self.frame_offsets[-1])

    @cached_property
    def speaker_spans(self) -> list[tuple[str, int, int]]:
        """(speaker, first frame, end) for runs of utterances of one speaker."""
        spans: list[tuple[str, int, int]] = []
        for utterance, start, end in zip(self.utterances, self.frame_offsets[:-1].tolist(), self.frame_offsets[1:].tolist(), strict=True):
            if spans and spans[-1][0] == utterance.speaker:
                start = spans.pop()[1]
            spans.append((utterance.speaker, start, end))
        return spans

    def write_feats(self, feats: np.ndarray) -> None:
        """feats: (num_frames, D) float32."""
        self._write("feats", [feats])

    def read_feats(self) -> np.ndarray:
        """(num_frames, D) float32."""
        return self._read("feats", 1)[0]

    def write_graphs(self, graphs: PackedGraphs) -> None:
        self._write("graphs", list(graphs))

    def read_graphs(self) -> PackedGraphs:
        return PackedGraphs(*self._read("graphs", len(PackedGraphs._fields)))

    def write_tids(self, tids: np.ndarray) -> None:
        """tids: (num_frames,) int32, the alignment; 0 in utterances that have none."""
        self._write("tids", [tids])

    def read_tids(self) -> np.ndarray:
        """(num_frames,) int32."""
        return self._read("tids", 1)[0]

    def _write(self, kind: str, arrays: list[np.ndarray]) -> None:
        """No care is taken of a kill in between: who begins writes all files anew."""
        path = self.prefix.with_suffix(f".{kind}")
        try:
            with open(path, "wb") as file:
                for array in arrays:
                    np.save(file, array)
        except OSError as error:
            raise CortadoError(f"cannot write {path}: {error.strerror or error}") from None

    def _read(self, kind: str, count: int) -> list[np.ndarray]:
        with open(self.prefix.with_suffix(f".{kind}"), "rb") as file:
            return [np.load(file) for _ in range(count)]


def chunks_of_rank(utterances: Sequence[Utterance], folder: Path) -> list[Chunk]:
    """This rank's chunks of the corpus; `folder`, for the files, is made."""
    folder.mkdir(parents=True, exist_ok=True)
    cuts = _cut([utterance.num_frames for utterance in utterances])
    spans = list(pairwise(cuts))
    mine = share(len(spans))
    return [Chunk(list(utterances[start:end]), folder / f"chunk{index}") for index, (start, end) in enumerate(spans) if index in mine]


def _cut(num_frames: list[int]) -> list[int]:
    """Where chunks of roughly equal numbers of frames begin, and the end."""
    size = np.clip(sum(num_frames) // LEAST_CHUNKS, LEAST_CHUNK_FRAMES, MOST_CHUNK_FRAMES)
    number = (np.cumsum([0, *num_frames[:-1]]) // size).tolist()  # of the chunk of each utterance
    return [0, *(i for i in range(1, len(number)) if number[i] != number[i - 1]), len(number)]
