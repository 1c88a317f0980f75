"""Batches by length: whole epochs, bounded size, little padding, and a function of seed and number alone."""

import numpy as np
import pytest

from cortado.train.length_buckets import LengthBuckets

LENGTHS = np.random.default_rng(0).integers(15, 160, 1500)
MAX_ITEMS, MAX_FRAMES = 32, 2000


def make(**changes) -> LengthBuckets:
    return LengthBuckets(**{"lengths": LENGTHS, "max_items": MAX_ITEMS, "max_frames": MAX_FRAMES, "seed": 1, **changes})


def epoch(buckets: LengthBuckets, number: int) -> list[np.ndarray]:
    return [buckets.batch(number * buckets.num_batches + i) for i in range(buckets.num_batches)]


def test_every_item_comes_once_in_an_epoch_in_other_company_each_time():
    buckets = make()
    batches = [epoch(buckets, number) for number in range(2)]
    for of_epoch in batches:
        assert np.array_equal(np.sort(np.concatenate(of_epoch)), np.arange(len(LENGTHS)))
    companies = [{frozenset(batch.tolist()) for batch in of_epoch} for of_epoch in batches]
    assert len(companies[0] & companies[1]) < 3


def test_batches_are_bounded_and_what_is_said_of_them_is_true():
    buckets = make()
    shapes = [(len(batch), LENGTHS[batch].max()) for batch in epoch(buckets, 0)]
    assert all(items <= MAX_ITEMS and items * frames <= MAX_FRAMES for items, frames in shapes)
    items, frames = buckets.largest
    assert max(i * f for i, f in shapes) <= items * frames <= MAX_FRAMES
    assert min(i for i, _ in shapes) == buckets.fewest


def test_padding_is_little_where_items_are_many():
    padded = sum(len(batch) * LENGTHS[batch].max() for batch in epoch(make(), 0))
    assert padded < 1.1 * LENGTHS.sum()


def test_a_batch_is_a_function_of_seed_and_number_alone():
    numbers = [700, 3, 90, 4]
    first, second = make(), make()
    found = [first.batch(number).tolist() for number in numbers]
    assert found == [second.batch(number).tolist() for number in reversed(numbers)][::-1]
    assert found != [make(seed=2).batch(number).tolist() for number in numbers]


def test_the_first_epochs_begin_with_short_items_and_the_next_do_not():
    buckets = make(sorted_epochs=2)
    longest = [[LENGTHS[batch].max() for batch in epoch(buckets, number)] for number in range(3)]
    assert all(np.corrcoef(longest[number], np.arange(len(longest[number])))[0, 1] > 0.95 for number in (0, 1))
    assert abs(np.corrcoef(longest[2], np.arange(len(longest[2])))[0, 1]) < 0.5


def test_an_item_too_long_for_any_batch_comes_alone():
    buckets = make(lengths=np.array([10, 10, 500, 10]), max_frames=100)
    assert sorted(sorted(batch.tolist()) for batch in epoch(buckets, 0)) == [[0, 1, 3], [2]]


@pytest.mark.parametrize("lengths", [[75] * 9, [75] * 8 + [74], [1]])
def test_batches_of_a_bucket_differ_by_at_most_one_item(lengths):
    sizes = [len(batch) for batch in epoch(make(lengths=np.array(lengths), max_items=8), 0)]
    assert sum(sizes) == len(lengths) and max(sizes) - min(sizes) <= 1
