"""Suffix arrays and common prefixes beside those of sorted lists."""

from itertools import pairwise

import numpy as np
import pytest

from cortado.motifs.suffix_array import common_prefixes, suffix_array


def sorted_suffixes(text: list[int]) -> list[int]:
    return sorted(range(len(text)), key=lambda start: text[start:])


def shared_symbols(text: list[int], one: int, other: int) -> int:
    """How many symbols the suffixes share before the first 0."""
    count = 0
    while max(one, other) + count < len(text) and text[one + count] == text[other + count] != 0:
        count += 1
    return count


def random_texts(count: int):
    rng = np.random.default_rng(0)
    for _ in range(count):
        yield rng.integers(0, rng.integers(1, 6), rng.integers(0, 30))


def repetitive_texts():
    fibonacci = [[0], [0, 1]]
    while len(fibonacci[-1]) < 1000:
        fibonacci.append(fibonacci[-1] + fibonacci[-2])
    rng = np.random.default_rng(0)
    return {
        "fibonacci": fibonacci[-1],  # many levels of recursion
        "one symbol": [3] * 300,
        "period": [2, 1, 3, 1] * 100,
        "copies": rng.integers(0, 4, 200).tolist() * 4,
        "falling": list(range(300, 0, -1)),
        "large symbols": rng.integers(0, 10**6, 300).tolist(),
    }


def test_suffixes_of_random_texts_come_in_order():
    for text in random_texts(2000):
        assert suffix_array(text).tolist() == sorted_suffixes(text.tolist())


@pytest.mark.parametrize("name", repetitive_texts())
def test_suffixes_of_repetitive_texts_come_in_order(name):
    text = repetitive_texts()[name]
    assert suffix_array(np.array(text)).tolist() == sorted_suffixes(text)


def test_common_prefixes_end_where_a_phrase_ends():
    for text in [*random_texts(500), *map(np.array, repetitive_texts().values())]:
        suffixes = suffix_array(text)
        expected = [0, *(shared_symbols(text.tolist(), *pair) for pair in pairwise(suffixes))][: len(text)]
        assert common_prefixes(text, suffixes).tolist() == expected


def test_negative_symbols_are_refused():
    with pytest.raises(ValueError, match="holds the symbol -2"):
        suffix_array(np.array([1, -2, 0]))
