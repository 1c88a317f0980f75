"""The order of the data as a pure function of seed and position: nothing to save, nothing to lose in a restart."""

import numpy as np


class ShuffledOrder:
    """Items 0..num_items-1 in a new random order each epoch.

    Memory is one permutation, whatever the number of epochs. `item(p)` for p = 0, 1, 2, ... runs through epoch after epoch.
    """

    def __init__(self, num_items: int, seed: int):
        if num_items < 1:
            raise ValueError("nothing to shuffle: no items")
        self.num_items, self.seed = num_items, seed
        self._cached: tuple[int, np.ndarray] = (-1, np.empty(0, np.int64))

    def permutation(self, epoch: int) -> np.ndarray:
        """The order of one epoch: (num_items,) int64."""
        cached_epoch, order = self._cached
        if cached_epoch != epoch:
            order = np.random.default_rng([self.seed, 0, epoch]).permutation(self.num_items)
            self._cached = (epoch, order)  # one assignment: loader threads may call this at once
        return order

    def items(self, start: int, count: int) -> np.ndarray:
        """Items at positions start..start+count-1, (count,) int64."""
        positions = np.arange(start, start + count)
        epochs, within = np.divmod(positions, self.num_items)
        picked = np.empty(count, np.int64)
        for epoch in np.unique(epochs):
            here = epochs == epoch
            picked[here] = self.permutation(int(epoch))[within[here]]
        return picked


def batch_rng(seed: int, batch: int) -> np.random.Generator:
    """The random numbers of one batch (crop length and positions): the same whenever and wherever it is made."""
    return np.random.default_rng([seed, 1, batch])


def row_rng(seed: int, batch: int, row: int) -> np.random.Generator:
    """The random numbers of one row of a batch (augmentation), whoever makes the other rows."""
    return np.random.default_rng([seed, 2, batch, row])
