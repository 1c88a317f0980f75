"""Drawing the trials of a data directory: all pairs of utterances of a kind, or an even sample of them, in bounded memory."""

import random
from collections.abc import Iterator, Sequence

import numpy as np


class Pairs:
    """Unordered pairs of items that share their outer group but not their inner one.

    Targets: outer = speaker, inner = recording. Nontargets: outer = sex, or one group for all, inner = speaker.
    An inner group must lie within one outer group. Items are numbered from 0; a pair (i, j) has i < j.
    """

    def __init__(self, outer: Sequence[str], inner: Sequence[str]):
        outer_ids, inner_ids = _numbered(outer), _numbered(inner)
        self.order = np.lexsort((inner_ids, outer_ids))  # position -> item; groups are runs of positions
        self.position = np.argsort(self.order)
        self.outer_start, self.outer_stop = _runs(outer_ids[self.order])
        self.inner_start, self.inner_stop = _runs(inner_ids[self.order])
        # A position is paired with those behind its inner group, up to the end of its outer group.
        self.pairs_before = np.concatenate([[0], np.cumsum(self.outer_stop - self.inner_stop)])

    @property
    def total(self) -> int:
        """How many pairs there are."""
        return int(self.pairs_before[-1])

    def rows(self) -> Iterator[np.ndarray]:
        """For each item i in turn, its partners j > i, sorted."""
        for i, position in enumerate(self.position):
            before = self.order[self.outer_start[position] : self.inner_start[position]]
            behind = self.order[self.inner_stop[position] : self.outer_stop[position]]
            partners = np.concatenate([before, behind])
            yield np.sort(partners[partners > i])

    def sampled_rows(self, count: int, seed: int) -> Iterator[np.ndarray]:
        """As rows, but of `count` of the pairs, drawn without replacement, each with the same probability."""
        drawn = np.array(random.Random(seed).sample(range(self.total), count), dtype=np.int64)
        first = np.searchsorted(self.pairs_before, drawn, side="right") - 1
        second = self.inner_stop[first] + drawn - self.pairs_before[first]
        pairs = np.sort(np.stack([self.order[first], self.order[second]]), axis=0)
        pairs = pairs[:, np.lexsort((pairs[1], pairs[0]))]
        ends = np.searchsorted(pairs[0], np.arange(len(self.order)), side="right")
        start = 0
        for stop in ends:
            yield pairs[1, start:stop]
            start = stop


def trial_lines(names: Sequence[str], targets: Iterator[np.ndarray], nontargets: Iterator[np.ndarray]) -> Iterator[str]:
    """The lines of a trial list, sorted, from the rows of both kinds over the sorted `names`."""
    for name, target, nontarget in zip(names, targets, nontargets, strict=True):
        row = [(j, "target") for j in target.tolist()] + [(j, "nontarget") for j in nontarget.tolist()]
        row.sort()
        yield from (f"{name} {names[j]} {label}\n" for j, label in row)


def _numbered(groups: Sequence[str]) -> np.ndarray:
    number = {group: i for i, group in enumerate(sorted(set(groups)))}
    return np.fromiter((number[group] for group in groups), np.int64, len(groups))


def _runs(sorted_ids: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """For each position of an array of runs of equal numbers, where its run starts and stops."""
    starts = np.flatnonzero(np.r_[True, sorted_ids[1:] != sorted_ids[:-1]])
    stops = np.r_[starts[1:], len(sorted_ids)]
    lengths = stops - starts
    return np.repeat(starts, lengths), np.repeat(stops, lengths)
