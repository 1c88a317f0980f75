"""Batches of items of about one length: little padding, bounded memory, and as many batches in every epoch."""

import numpy as np

WIDTH = 1.15  # the longest item of a bucket over its shortest, where a bucket that narrow fills a batch


class LengthBuckets:
    """Batches of items from buckets of neighbouring lengths. Each epoch deals a bucket's items to its batches anew.

    A batch has at most `max_items` items and, with padding, at most `max_frames` frames, but always one item; the batches of
    a bucket differ by at most one item. In the first `sorted_epochs` epochs batches come in the order of their lengths, short ones
    first (D. Amodei et al., "Deep Speech 2", ICML 2016, section 3.2); after that in random order.

    lengths: (num_items,) int64. A pure function of its arguments; memory is the order of one epoch. `largest` is (items, frames) of
    the largest batch, `fewest` the items of the smallest one.

    >>> buckets = LengthBuckets(np.array([51, 10, 50, 52, 11, 90]), max_items=2, max_frames=120, seed=0, sorted_epochs=1)
    >>> [sorted(buckets.batch(number).tolist()) for number in range(buckets.num_batches)]
    [[1, 4], [2, 3], [0], [5]]
    """

    def __init__(self, lengths: np.ndarray, max_items: int, max_frames: int, seed: int, sorted_epochs: int = 0):
        self._seed, self._sorted_epochs = seed, sorted_epochs
        self._buckets = make_buckets(lengths, max_items, max_frames)
        self._parts = [-(-len(bucket) // capacity(int(lengths[bucket].max()), max_items, max_frames)) for bucket in self._buckets]
        self.num_batches = sum(self._parts)
        dealt = list(zip(self._buckets, self._parts, strict=True))
        shapes = [(-(-len(bucket) // parts), int(lengths[bucket].max())) for bucket, parts in dealt]
        self.largest = max(shapes, key=lambda shape: (shape[0] * shape[1], shape[1]))
        self.fewest = min(len(bucket) // parts for bucket, parts in dealt)
        self._cached: tuple[int, list[np.ndarray]] = (-1, [])

    def batch(self, number: int) -> np.ndarray:
        """The items of batch `number`, from 0, across epochs: (num_items,) int64."""
        epoch, within = divmod(number, self.num_batches)
        cached_epoch, batches = self._cached
        if cached_epoch != epoch:
            batches = self._deal(epoch)
            self._cached = (epoch, batches)  # one assignment: loader threads may call this at once
        return batches[within]

    def _deal(self, epoch: int) -> list[np.ndarray]:
        rng = np.random.default_rng([self._seed, 0, epoch])
        batches = []
        for bucket, parts in zip(self._buckets, self._parts, strict=True):
            batches += np.array_split(rng.permutation(bucket), parts)
        return batches if epoch < self._sorted_epochs else [batches[i] for i in rng.permutation(len(batches))]


def make_buckets(lengths: np.ndarray, max_items: int, max_frames: int) -> list[np.ndarray]:
    """Buckets of items from the shortest to the longest, each (num_items,) int64.

    Made from the longest item downwards: a bucket ends where it fills a batch and the next item would make it wider than WIDTH.
    The shortest items of all join the bucket above them where they do not fill one of its batches.
    """
    order = np.argsort(-lengths, kind="stable")
    buckets: list[np.ndarray] = []
    start, of_bucket_above = 0, 0
    while start < len(order):
        longest = int(lengths[order[start]])
        narrow = start + int(np.searchsorted(-lengths[order[start:]], -longest / WIDTH, side="right"))
        stop = max(narrow, start + capacity(longest, max_items, max_frames))
        if len(order) - start < of_bucket_above:
            buckets[-1] = np.concatenate([buckets[-1], order[start:]])
            break
        buckets.append(order[start:stop])
        start, of_bucket_above = stop, capacity(longest, max_items, max_frames)
    return buckets[::-1]


def capacity(length: int, max_items: int, max_frames: int) -> int:
    """How many items of this length a batch takes."""
    return max(1, min(max_items, max_frames // length))
