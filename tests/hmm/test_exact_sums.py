"""Sums of rounded terms are the same in any order, and as exact as the features are."""

import numpy as np

from cortado.hmm.exact_sums import UNIT, add_rounded, rounded


def test_sums_are_the_same_to_the_last_bit_in_any_order_and_grouping():
    rng = np.random.default_rng(0)
    terms = rng.normal(size=(3000, 4)).astype(np.float32) * np.float32(10.0) ** rng.integers(-4, 6, (3000, 4))
    forward, backward = np.zeros((1, 4)), np.zeros((1, 4))
    for row in range(3000):
        add_rounded(forward, terms[row : row + 1])
        add_rounded(backward, terms[2999 - row : 3000 - row])
    in_parts = sum(rounded(part).sum(0) for part in np.split(terms, [7, 1000, 1001]))
    np.testing.assert_array_equal(forward, backward)
    np.testing.assert_array_equal(forward[0], in_parts)
    np.testing.assert_allclose(forward[0], terms.sum(0, np.float64), atol=3000 * UNIT)


def test_terms_that_no_rounding_would_help_do_depend_on_their_order():
    terms = np.random.default_rng(1).normal(size=3000)  # otherwise the test above protects nothing
    assert sum(terms.tolist()) != sum(terms[::-1].tolist())
