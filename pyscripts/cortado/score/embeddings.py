"""A table of embeddings in memory: which key is which row, centring, unit length, means over speakers.

Everything that can be wrong with an embedding is an error here, with its key and its table, so that the arithmetic of
the other files never meets a NaN, a zero vector or a wrong size.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import repeat

import numpy as np

from cortado.ark import open_table
from cortado.errors import DataError


@dataclass(frozen=True)
class Embeddings:
    """Embeddings of utterances or speakers. `vectors`: (num, dim) float32, finite; `source` names the table in errors."""

    source: str
    keys: list[str]
    vectors: np.ndarray
    _row_of: dict[str, int] = field(init=False, repr=False, compare=False)

    def __post_init__(self):
        object.__setattr__(self, "_row_of", {key: row for row, key in enumerate(self.keys)})
        if len(self._row_of) != len(self.keys):
            seen: set[str] = set()
            twice = next(key for key in self.keys if key in seen or seen.add(key))
            raise DataError(self.source, f"two embeddings have the key {twice}")

    def rows(self, keys: Sequence[str]) -> np.ndarray:
        """Row of each key, (len(keys),) int64, -1 for a key without an embedding."""
        return np.fromiter(map(self._row_of.get, keys, repeat(-1)), dtype=np.int64, count=len(keys))

    def select(self, rows: np.ndarray) -> "Embeddings":
        """The embeddings of these rows, in their order."""
        return Embeddings(self.source, [self.keys[row] for row in rows], self.vectors[rows])

    def mean(self) -> np.ndarray:
        """Mean over all embeddings, (dim,) float32, summed in float64."""
        return self.vectors.mean(axis=0, dtype=np.float64).astype(np.float32)

    def centred(self, mean: np.ndarray) -> "Embeddings":
        """The embeddings less `mean`, (dim,); a mean of another size is a DataError."""
        if mean.shape != self.vectors.shape[1:]:
            raise DataError(self.source, f"embeddings have {self.vectors.shape[1]} values, the mean to subtract has {mean.size}")
        return replace(self, vectors=self.vectors - mean)

    def unit(self) -> "Embeddings":
        """Each embedding scaled to length 1. One of length zero has no direction: DataError with its key."""
        lengths = np.linalg.norm(self.vectors, axis=1, keepdims=True)
        zero = np.flatnonzero(lengths[:, 0] == 0)
        if len(zero):
            raise DataError(self.source, f"the embedding of {self.keys[zero[0]]} has length zero, so it has no direction to compare")
        return replace(self, vectors=self.vectors / lengths)

    def speaker_means(self, utt2spk: Mapping[str, str], utt2spk_path: str) -> "Embeddings":
        """One embedding per speaker: the mean of the speaker's embeddings, keys sorted. Of unit embeddings, this is the
        usual model of a speaker enrolled with several utterances; its own length is below 1, so call `unit()` after it.
        """
        missing = [key for key in self.keys if key not in utt2spk]
        if missing:
            raise DataError(utt2spk_path, f"no speaker for {missing[0]} of {self.source} ({len(missing)} such keys)")
        speakers, speaker_of_row = np.unique([utt2spk[key] for key in self.keys], return_inverse=True)
        sums = np.zeros((len(speakers), self.vectors.shape[1]))
        np.add.at(sums, speaker_of_row, self.vectors)
        means = sums / np.bincount(speaker_of_row)[:, None]
        return Embeddings(self.source, speakers.tolist(), means.astype(np.float32))

    def md5(self) -> str:
        """MD5 over keys and values in the order of the keys: the same however the table was split into arks."""
        digest = hashlib.md5(usedforsecurity=False)
        for row in sorted(range(len(self.keys)), key=self.keys.__getitem__):
            digest.update(self.keys[row].encode() + b"\0" + self.vectors[row].astype("<f4").tobytes())
        return digest.hexdigest()


def read_embeddings(rspecifier: str) -> Embeddings:
    """Read a table of vectors ('xvector.scp', 'ark:xvector.ark', ...), float or double, all of one size.

    Raises DataError naming table and key for an empty table, an entry that is no vector, another size than the first
    one's, a NaN or an infinite value.
    """
    keys, vectors = [], []
    for key, value in open_table(rspecifier):
        _check_vector(rspecifier, key, value, vectors[0].size if vectors else value.size)
        keys.append(key)
        vectors.append(value.astype(np.float32))
    if not keys:
        raise DataError(rspecifier, "the table holds no embeddings")
    return Embeddings(rspecifier, keys, np.stack(vectors))


def _check_vector(source: str, key: str, value: np.ndarray, dim: int) -> None:
    if value.ndim != 1 or value.dtype.kind != "f" or value.size == 0:
        raise DataError(source, f"{key} is no embedding: expected a vector of floats, found shape {value.shape} of {value.dtype}")
    if value.size != dim:
        raise DataError(source, f"the embedding of {key} has {value.size} values, those before it have {dim}")
    if not np.isfinite(value).all():
        raise DataError(source, f"the embedding of {key} holds NaN or infinite values")
