"""The order of the data is a function of seed and position alone."""

import numpy as np

from cortado.train.sampler import ShuffledOrder, batch_rng, row_rng


def test_each_epoch_shows_every_item_once_in_another_order():
    order = ShuffledOrder(101, seed=4)
    first, second = order.items(0, 101), order.items(101, 101)
    assert sorted(first) == sorted(second) == list(range(101))
    assert not np.array_equal(first, second)


def test_any_position_can_be_asked_for_first():
    whole = ShuffledOrder(7, seed=1).items(0, 70)
    for start in (0, 3, 6, 7, 20, 55):
        np.testing.assert_array_equal(ShuffledOrder(7, seed=1).items(start, 15), whole[start : start + 15])


def test_seeds_and_batches_give_other_numbers():
    assert not np.array_equal(ShuffledOrder(50, 0).items(0, 50), ShuffledOrder(50, 1).items(0, 50))
    assert batch_rng(0, 1).random() != batch_rng(0, 2).random() != batch_rng(1, 2).random()
    assert batch_rng(5, 9).random() == batch_rng(5, 9).random()
    drawn = [batch_rng(0, 1).random(), row_rng(0, 1, 0).random(), row_rng(0, 1, 1).random(), row_rng(0, 2, 0).random()]
    assert len(set(drawn)) == len(drawn) and row_rng(0, 1, 1).random() == drawn[2]
