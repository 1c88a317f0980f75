"""The order of the data as a pure function of seed and position: nothing to save, nothing to lose in a restart."""

from abc import ABC, abstractmethod

import numpy as np


class EpochOrder(ABC):
    """`num_items` items an epoch, in an order of that epoch's own. `items` runs through epoch after epoch.

    Memory is the order of one epoch, whatever their number.
    """

    num_items: int

    def __init__(self, seed: int):
        self.seed = seed
        self._cached: tuple[int, np.ndarray] = (-1, np.empty(0, np.int64))

    @abstractmethod
    def make_order(self, rng: np.random.Generator) -> np.ndarray:
        """The items of one epoch, drawn from `rng`: (num_items,) int64."""

    def order(self, epoch: int) -> np.ndarray:
        """The items of one epoch: (num_items,) int64."""
        cached_epoch, order = self._cached
        if cached_epoch != epoch:
            order = self.make_order(np.random.default_rng([self.seed, 0, epoch]))
            self._cached = (epoch, order)  # one assignment: loader threads may call this at once
        return order

    def items(self, start: int, count: int) -> np.ndarray:
        """Items at positions start..start+count-1, (count,) int64."""
        positions = np.arange(start, start + count)
        epochs, within = np.divmod(positions, self.num_items)
        picked = np.empty(count, np.int64)
        for epoch in np.unique(epochs):
            here = epochs == epoch
            picked[here] = self.order(int(epoch))[within[here]]
        return picked


class ShuffledOrder(EpochOrder):
    """Items 0..num_items-1, each once an epoch, shuffled."""

    def __init__(self, num_items: int, seed: int):
        if num_items < 1:
            raise ValueError("nothing to shuffle: no items")
        super().__init__(seed)
        self.num_items = num_items

    def make_order(self, rng: np.random.Generator) -> np.ndarray:
        return rng.permutation(self.num_items)


def batch_rng(seed: int, batch: int) -> np.random.Generator:
    """The random numbers of one batch (crop length and positions): the same whenever and wherever it is made."""
    return np.random.default_rng([seed, 1, batch])


def row_rng(seed: int, batch: int, row: int) -> np.random.Generator:
    """The random numbers of one row of a batch (augmentation), whoever makes the other rows."""
    return np.random.default_rng([seed, 2, batch, row])
