"""Batches made ahead of time on a few threads, delivered in order."""

from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor


def prefetch(make_batch: Callable[[int], object], start: int, stop: int, threads: int = 1, ahead: int = 4) -> Iterator:
    """Yield make_batch(start), ..., make_batch(stop - 1) while up to `ahead` later ones are being made.

    `make_batch` must be a pure function of its number, so that threads change nothing but the speed. An exception in it is
    raised here, at the batch it belongs to.
    """
    with ThreadPoolExecutor(threads, thread_name_prefix="loader") as pool:
        waiting: deque = deque()
        upcoming = iter(range(start, stop))
        try:
            for number in upcoming:
                waiting.append(pool.submit(make_batch, number))
                if len(waiting) > ahead:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            for future in waiting:
                future.cancel()
