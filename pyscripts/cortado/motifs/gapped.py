"""Closed patterns in which symbols may be skipped: up to `max_gap` between two neighbours of a pattern.

C. Li, J. Wang, "Efficiently Mining Closed Subsequences with Gap Constraints", SDM 2008: BIDE (J. Wang, J. Han, ICDE 2004) within gaps.
An occurrence of a pattern lies within one phrase. Its support is the number of units that contain one or more. Closed is a pattern that no
single symbol more, in front of it or behind it and within the gap of it, leaves with the same support. Symbols put in between are not
asked for: with a gap of 1, (a, c) can be closed although each of its occurrences is part of one of (a, b, c). Without gaps, these are the
patterns of closed.closed_patterns.
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from cortado.errors import CortadoError
from cortado.motifs import gapped_kernels as kernels
from cortado.motifs.closed import Pattern, to_classes

MAX_PATTERNS = 1_000_000


class Positions(NamedTuple):
    """Where patterns occur: (num_occurrences,) int64, where their first and their last symbols are, each pair once, ascending."""

    starts: np.ndarray
    ends: np.ndarray

    def __getitem__(self, chosen: np.ndarray) -> "Positions":
        return Positions(self.starts[chosen], self.ends[chosen])


def every_symbol(symbols: np.ndarray) -> Positions:
    """The occurrences of all patterns of one symbol in `symbols` (n,), in which 0 divides phrases."""
    positions = np.flatnonzero(symbols)
    return Positions(positions, positions)


def extensions(symbols: np.ndarray, positions: Positions, max_gap: int) -> Positions:
    """The occurrences of all patterns that are one symbol longer at their end."""
    return Positions(*kernels.extensions(symbols, positions.starts, positions.ends, max_gap))


def closed_gapped_patterns(
    symbols: np.ndarray, units: np.ndarray, max_gap: int, min_support: int, min_length: int = 1, max_length: int | None = None
) -> dict[Pattern, int]:
    """All closed patterns and their supports.

    symbols, min_support and lengths: as for closed_patterns; units: (n,) ascending. Raises CortadoError where more than MAX_PATTERNS are
    found: with gaps, their number may grow exponentially with their length.
    """
    classes = to_classes(symbols)
    miner = _Miner(classes.values, np.ascontiguousarray(units, np.int32), classes.count, max_gap, min_support, max_length)
    found: dict[Pattern, int] = {}
    for pattern, support in miner.closed():
        if len(pattern) >= min_length:
            found[tuple(classes.alphabet[np.array(pattern) - 1].tolist())] = support
        if len(found) > MAX_PATTERNS:
            raise CortadoError(
                f"more than {MAX_PATTERNS} patterns with max_gap {max_gap} have a min_support of {min_support}: "
                f"raise min_support, lower max_gap, or set max_length (now {max_length})"
            )
    return found


class _Miner(NamedTuple):
    values: np.ndarray
    units: np.ndarray
    num_values: int
    max_gap: int
    min_support: int
    max_length: int | None

    def closed(self) -> Iterator[tuple[Pattern, int]]:
        """Each closed pattern and its support. Depth first: with a pattern, all that begin with it."""
        stack = self._frequent((), every_symbol(self.values))
        while stack:
            pattern, support, positions = stack.pop()
            in_front, always_in_front = kernels.supports_in_front(self.values, self.units, positions.starts, self.max_gap, self.num_values)
            if always_in_front:  # of what begins with the pattern, too: none of that is closed
                continue
            longer = extensions(self.values, positions, self.max_gap)
            if support not in in_front and support not in self._supports(longer):
                yield pattern, support
            if self.max_length is None or len(pattern) < self.max_length:
                stack += self._frequent(pattern, longer)

    def _frequent(self, pattern: Pattern, longer: Positions) -> list[tuple[Pattern, int, Positions]]:
        """The patterns of enough support among those one symbol longer than `pattern`, and their occurrences."""
        supports, last_symbols = self._supports(longer), self.values[longer.ends]
        frequent = np.flatnonzero(supports >= self.min_support)
        return [((*pattern, int(value)), int(supports[value]), longer[last_symbols == value]) for value in frequent]

    def _supports(self, longer: Positions) -> np.ndarray:
        return kernels.supports_by_last_symbol(self.values, self.units, longer.ends, self.num_values)
