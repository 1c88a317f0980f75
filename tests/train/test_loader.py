"""Prefetching changes when batches are made, never which or in what order."""

import threading
import time

import pytest

from cortado.train.loader import prefetch


@pytest.mark.parametrize("threads", [1, 3])
def test_batches_come_in_order_whatever_the_threads(threads):
    def make(number):
        time.sleep(0.002 * (number % 3))
        return number

    assert list(prefetch(make, 5, 40, threads=threads)) == list(range(5, 40))


def test_no_more_than_ahead_batches_wait():
    made, lock = [], threading.Lock()

    def make(number):
        with lock:
            made.append(number)
        return number

    batches = prefetch(make, 0, 100, ahead=4)
    next(batches)
    time.sleep(0.05)
    assert len(made) <= 5
    batches.close()


def test_an_exception_is_raised_at_its_batch():
    def make(number):
        if number == 3:
            raise ValueError("batch three")
        return number

    batches = prefetch(make, 0, 10)
    assert [next(batches) for _ in range(3)] == [0, 1, 2]
    with pytest.raises(ValueError, match="batch three"):
        next(batches)
