"""Closed patterns with gaps beside those that a recursive search, written as the definition reads, finds."""

import sys
from pathlib import Path

import numpy as np
import pytest

from cortado.errors import CortadoError
from cortado.motifs import gapped
from cortado.motifs.closed import closed_patterns
from cortado.motifs.gapped import Positions, closed_gapped_patterns, extensions

sys.path.append(str(Path(__file__).parent))
from toy_contours import flat


def occurs(pattern, phrase, max_gap: int, starts: range) -> bool:
    """Whether the pattern begins at one of `starts`, each further symbol at most max_gap symbols behind the one before it."""
    if not pattern:
        return True
    return any(
        phrase[start] == pattern[0] and occurs(pattern[1:], phrase, max_gap, range(start + 1, min(start + max_gap + 2, len(phrase))))
        for start in starts
    )


def supports(phrases, units, max_gap: int) -> dict[tuple[int, ...], int]:
    """Of every pattern that occurs."""
    found, longest = {}, [()]
    alphabet = sorted({symbol for phrase in phrases for symbol in phrase})
    while longest:
        candidates = [(*pattern, symbol) for pattern in longest for symbol in alphabet]
        units_with = {
            p: {unit for phrase, unit in zip(phrases, units, strict=True) if occurs(p, phrase, max_gap, range(len(phrase)))}
            for p in candidates
        }
        longest = [pattern for pattern in candidates if units_with[pattern]]
        found |= {pattern: len(units_with[pattern]) for pattern in longest}
    return found


def random_databases(count: int):
    rng = np.random.default_rng(1)
    for number in range(count):
        num_symbols, num_phrases = rng.integers(1, 4), rng.integers(0, 6)
        phrases = [rng.choice([-1, 1, 2][:num_symbols], rng.integers(0, 7)).tolist() for _ in range(num_phrases)]
        yield phrases, sorted(rng.integers(0, 4, num_phrases).tolist()) if number % 2 else list(range(num_phrases))


@pytest.mark.parametrize("max_gap", [0, 1, 2])
def test_patterns_and_supports_are_those_of_the_definition(max_gap):
    for number, (phrases, units) in enumerate(random_databases(120)):
        min_support, min_length = 1 + number % 3, 1 + number // 3 % 2
        support = supports(phrases, units, max_gap)
        not_closed = {part for p in support for part in (p[1:], p[:-1]) if part and support[part] == support[p]}
        wanted = {p: support[p] for p in support.keys() - not_closed if support[p] >= min_support and len(p) >= min_length}
        assert closed_gapped_patterns(*flat(phrases, units), max_gap, min_support, min_length) == wanted, (phrases, units)


def test_without_gaps_the_patterns_are_the_contiguous_ones():
    for phrases, units in random_databases(300):
        symbols, unit_of_symbol = flat(phrases, units)
        assert closed_gapped_patterns(symbols, unit_of_symbol, 0, 2) == closed_patterns(symbols, unit_of_symbol, 2)


def test_ways_to_an_occurrence_are_not_counted_only_its_two_ends():
    ones = Positions(np.array([1, 1]), np.array([2, 3]))  # of (1, 1), in two ways that go on to one end
    longer = extensions(np.array([0, 1, 1, 1, 1, 1], np.int32), ones, max_gap=1)
    assert list(zip(*map(list, longer), strict=True)) == [(1, 3), (1, 4), (1, 5)]


def test_a_pattern_that_prefixspan_calls_closed_is_not():
    phrases = [[3, 2, 2, 4], [1, 1, 2], [3, 3, 2, 1, 3], [1, 1, 2, 2, 4, 2], [1, 3, 3, 1, 2]]
    found = closed_gapped_patterns(*flat(phrases), max_gap=10, min_support=3)  # any gap there can be
    assert found[3, 2] == 3 and (3,) not in found  # though (3,) has support 3, too


def test_too_many_patterns_end_with_what_to_change(monkeypatch):
    monkeypatch.setattr(gapped, "MAX_PATTERNS", 50)
    symbols, units = flat(np.random.default_rng(0).integers(1, 5, (10, 30)).tolist())
    with pytest.raises(CortadoError, match=r"more than 50 patterns with max_gap 2 .* set max_length \(now 8\)"):
        closed_gapped_patterns(symbols, units, 2, 2, max_length=8)
