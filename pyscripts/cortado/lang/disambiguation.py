"""Disambiguation symbols: phones #1, #2, ... behind pronunciations, so that the lexicon with them can be determinised.

A pronunciation that several words share, or that begins another one, would leave the graph unable to tell which word it has read.
"""

from collections import Counter
from collections.abc import Hashable, Sequence


def disambiguation_numbers(pronunciations: Sequence[tuple[Hashable, ...]]) -> list[int]:
    """For each pronunciation the k of the symbol #k to put behind it, 0 for none; Kaldi's add_lex_disambig.pl gives the same.

    Equal pronunciations get 1, 2, ... in their order; one that only begins another gets 1.
    """
    counts = Counter(pronunciations)
    prefixes = {phones[:length] for phones in counts for length in range(1, len(phones))}
    used: Counter = Counter()
    numbers = []
    for phones in pronunciations:
        needed = counts[phones] > 1 or phones in prefixes
        used[phones] += needed
        numbers.append(used[phones])
    return numbers
