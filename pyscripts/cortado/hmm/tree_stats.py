"""Statistics that a decision tree grows from: counts, sums and squares of the frames of each state of each phone in context."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np

from cortado.hmm.alignment import PhoneSegments
from cortado.hmm.exact_sums import rounded
from cortado.hmm.ragged import number_rows
from cortado.hmm.tree import windows_of

VARIANCE_FLOOR = 0.01  # in likelihoods of clusters; features have a variance of 1 and more


@dataclass(frozen=True)
class TreeStats:
    """Events are (phone before, phone, phone after, pdf class), ascending.

    events: (n, 4) int64; counts: (n,); sums, squares: (n, D), float64.
    """

    events: np.ndarray
    counts: np.ndarray
    sums: np.ndarray
    squares: np.ndarray

    @classmethod
    def of_frames(cls, feats: np.ndarray, events: np.ndarray) -> "TreeStats":
        """feats: (num_frames, D); events: (num_frames, 4), of each frame."""
        ones = np.ones(len(feats))
        whole = _merge(events, ones, feats.astype(np.float64), np.square(feats, dtype=np.float64))
        return replace(whole, sums=rounded(whole.sums), squares=rounded(whole.squares))

    @classmethod
    def join(cls, parts: Iterable["TreeStats"]) -> "TreeStats":
        """The statistics of all parts together."""
        columns = zip(*((part.events, part.counts, part.sums, part.squares) for part in parts), strict=True)
        return _merge(*map(np.concatenate, columns))


def events_of_utterance(segments: PhoneSegments, pdf_classes: np.ndarray, context_independent: np.ndarray) -> np.ndarray:
    """(num_frames, 4) int64. pdf_classes: (num_frames,); phones that are `context_independent` see no neighbours."""
    windows = windows_of(segments.phones, 3, 1).astype(np.int64)
    windows[np.isin(windows[:, 1], context_independent), ::2] = 0
    return np.column_stack([np.repeat(windows, segments.num_frames, axis=0), pdf_classes])


def log_likelihood(counts: np.ndarray, sums: np.ndarray, squares: np.ndarray) -> np.ndarray:
    """Of clusters, each under a Gaussian of its own: counts (...,), sums and squares (..., D) -> (...,); 0 for empty ones."""
    count = np.maximum(counts, 1e-10)[..., None]
    variances = np.maximum(squares / count - np.square(sums / count), VARIANCE_FLOOR)
    return -0.5 * counts * (np.log(variances).sum(-1) + sums.shape[-1] * (1 + np.log(2 * np.pi)))


def _merge(events: np.ndarray, counts: np.ndarray, sums: np.ndarray, squares: np.ndarray) -> TreeStats:
    first, numbers = number_rows(*events.T)
    order = np.argsort(numbers, kind="stable")
    starts = np.searchsorted(numbers[order], np.arange(len(first)))
    added = (np.add.reduceat(column[order], starts) for column in (counts, sums, squares))
    return TreeStats(events[first], *added)
