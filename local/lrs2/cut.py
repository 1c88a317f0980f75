"""Long clips cut to parts between their words."""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

from cortado.lang.ctm import Timed

MARGIN = 0.3  # seconds before the first and behind the last word of a part, where there is no other word


class Part(NamedTuple):
    """Some words of a clip, from `start` to `end` in seconds."""

    start: float
    end: float
    words: tuple[str, ...]


def cut(words: Sequence[Timed], longest: float, duration: float) -> list[Part]:
    """Parts of whole words, together all of `words`, of about `longest` seconds at most, of a clip of `duration` seconds.

    A part ends at the widest pause in the second half of what it may hold. One word that is longer by itself is a part.

    >>> cut([Timed(0.5, 1, "a"), Timed(1.5, 2, "b"), Timed(2.1, 3, "c"), Timed(3.5, 4, "d")], longest=2, duration=9)
    [Part(start=0.2, end=2.05, words=('a', 'b')), Part(start=2.05, end=4.3, words=('c', 'd'))]
    """
    edges = [0, *_ends(words, longest)]
    parts = []
    for first, stop in pairwise(edges):
        before = (words[first - 1].end + words[first].start) / 2 if first else 0.0
        behind = (words[stop - 1].end + words[stop].start) / 2 if stop < len(words) else duration
        start, end = max(before, words[first].start - MARGIN), min(behind, words[stop - 1].end + MARGIN)
        parts.append(Part(start, end, tuple(word.label for word in words[first:stop])))
    return parts


def _ends(words: Sequence[Timed], longest: float) -> Iterator[int]:
    """For each part, the number of the word behind it."""
    stop = 0
    while stop < len(words):
        stop = _end_of_part(words, stop, longest)
        yield stop


def _end_of_part(words: Sequence[Timed], first: int, longest: float) -> int:
    begin = words[first].start
    if words[-1].end - begin <= longest or first + 1 == len(words):
        return len(words)
    fitting = [stop for stop in range(first + 1, len(words)) if words[stop - 1].end - begin <= longest] or [first + 1]
    late = [stop for stop in fitting if words[stop - 1].end - begin > longest / 2] or fitting[-1:]
    return max(late, key=lambda stop: (words[stop].start - words[stop - 1].end, stop))  # of several pauses alike, the last
