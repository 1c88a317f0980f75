"""Disambiguation symbols by brute force: with them, no pronunciation equals or begins another one."""

import random

from cortado.lang.disambiguation import disambiguation_numbers


def test_the_rules_of_kaldis_script():
    """Its header: homophones count from #1, a prefix of a longer pronunciation gets #1, all others nothing."""
    pronunciations = [("a",), ("b",), ("b", "c"), ("d", "e"), ("d", "e"), ("d", "e"), ("f", "g")]
    assert disambiguation_numbers(pronunciations) == [0, 1, 0, 1, 2, 3, 0]


def test_no_pronunciation_with_its_symbol_begins_another_one():
    rng = random.Random(0)
    for _ in range(200):
        pronunciations = [tuple(rng.choices("ab", k=rng.randint(1, 4))) for _ in range(rng.randint(1, 20))]
        numbers = disambiguation_numbers(pronunciations)
        marked = [(*phones, f"#{k}") if k else phones for phones, k in zip(pronunciations, numbers, strict=True)]
        for i, one in enumerate(marked):
            assert all(other[: len(one)] != one for j, other in enumerate(marked) if i != j), marked


def test_symbols_are_put_only_where_they_are_needed():
    rng = random.Random(1)
    pronunciations = [tuple(rng.choices("abcd", k=rng.randint(1, 4))) for _ in range(100)]
    for phones, number in zip(pronunciations, disambiguation_numbers(pronunciations), strict=True):
        needed = sum(other[: len(phones)] == phones for other in pronunciations) > 1
        assert bool(number) == needed


def test_no_words_no_symbols():
    assert disambiguation_numbers([]) == []
