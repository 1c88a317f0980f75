"""Closed contiguous patterns beside those that a look at every substring finds.

prefixspan's closed mode is no oracle, though it is the miner people know: it lets any number of symbols be skipped, and it reports patterns
that are not closed, (2,) beside (2, 1) of the same support in the sequences of test_gapped.py.
"""

import sys
from collections import defaultdict
from pathlib import Path

import numpy as np

from cortado.motifs.closed import closed_patterns

sys.path.append(str(Path(__file__).parent))
from toy_contours import flat


def supports(phrases, units) -> dict[tuple[int, ...], int]:
    """Of every substring of every phrase."""
    units_with = defaultdict(set)
    for phrase, unit in zip(phrases, units, strict=True):
        for start in range(len(phrase)):
            for end in range(start + 1, len(phrase) + 1):
                units_with[tuple(phrase[start:end])].add(unit)
    return {pattern: len(units) for pattern, units in units_with.items()}


def contains(longer, shorter) -> bool:
    return any(longer[start : start + len(shorter)] == shorter for start in range(len(longer) - len(shorter) + 1))


def closed_by_definition(support) -> set[tuple[int, ...]]:
    """No other pattern that contains it has its support."""
    return {p for p in support if not any(p != q and support[p] == support[q] and contains(q, p) for q in support)}


def closed_by_neighbours(support) -> set[tuple[int, ...]]:
    """No pattern that contains it and has one symbol more has its support."""
    return support.keys() - {part for p in support for part in (p[1:], p[:-1]) if part and support[part] == support[p]}


def random_databases(count: int):
    """(phrases, the unit of each): up to 8 phrases of up to 9 symbols, of 1 to 4 kinds; units may have several phrases, in any order."""
    rng = np.random.default_rng(0)
    for number in range(count):
        num_symbols, num_phrases = rng.integers(1, 5), rng.integers(0, 9)
        phrases = [rng.choice([-2, -1, 1, 2][:num_symbols], rng.integers(0, 10)).tolist() for _ in range(num_phrases)]
        yield phrases, rng.integers(0, 4, num_phrases).tolist() if number % 2 else list(range(num_phrases))


def test_patterns_and_supports_of_3000_databases_are_those_of_a_look_at_every_substring():
    for number, (phrases, units) in enumerate(random_databases(3000)):
        min_support, min_length = 1 + number % 3, 1 + number // 3 % 3
        support = supports(phrases, units)
        wanted = {p: support[p] for p in closed_by_neighbours(support) if support[p] >= min_support and len(p) >= min_length}
        assert closed_patterns(*flat(phrases, units), min_support, min_length) == wanted, (phrases, units, min_support, min_length)


def test_neighbours_tell_all_about_closure():
    for phrases, units in random_databases(40):
        support = supports(phrases, units)
        assert closed_by_neighbours(support) == closed_by_definition(support)


def test_patterns_longer_than_max_length_are_left_out_and_their_parts_stay_not_closed():
    symbols, units = flat([[1, 2, 3, 1], [1, 2, 3, 1], [1, 2]])
    assert closed_patterns(symbols, units, 2) == {(1, 2): 3, (1, 2, 3, 1): 2}
    assert closed_patterns(symbols, units, 2, max_length=3) == {(1, 2): 3}
