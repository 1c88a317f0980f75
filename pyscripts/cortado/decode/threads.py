"""A function over many items in several threads: what runs without the interpreter lock, as the search does, uses several processors."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


def map_in_threads(function: Callable[[Item], Result], items: Iterable[Item], num_threads: int) -> Iterator[Result]:
    """`function` of each item, in the order of the items, which are taken as they are needed: at most two a thread are held at once."""
    source = iter(items)
    with ThreadPoolExecutor(num_threads) as pool:
        pending = deque(pool.submit(function, item) for item in islice(source, 2 * num_threads))
        while pending:
            yield pending.popleft().result()
            pending.extend(pool.submit(function, item) for item in islice(source, 1))
