"""G of slots: each takes one word of its list."""

import math

import pytest
from toy_recogniser import LEXICON, cheapest_path

from cortado.errors import CortadoError, DataError
from cortado.graph.slot_grammar import read_slots, slot_grammar
from cortado.lang import SymbolTable

WORDS = SymbolTable([*LEXICON, "#0"])


def test_a_sentence_takes_one_word_of_each_slot_and_costs_the_product_of_their_shares(tmp_path):
    (tmp_path / "grammar").write_text("first a ab bee\nsecond cab\nthird a be\n")
    fst = slot_grammar(read_slots(tmp_path / "grammar"), WORDS)
    assert (fst.num_states, fst.num_arcs) == (4, 6)
    for first in ("a", "ab", "bee"):
        assert cheapest_path(fst, [WORDS[word] for word in (first, "cab", "be")], None) == pytest.approx(math.log(6), abs=1e-6)
    assert cheapest_path(fst, [WORDS["cab"], WORDS["cab"], WORDS["be"]], None) == math.inf
    assert cheapest_path(fst, [WORDS["a"], WORDS["cab"]], None) == math.inf


def test_a_word_that_is_not_in_the_table_is_named_with_its_slot():
    with pytest.raises(CortadoError, match="slot colour of the grammar has the word blue"):
        slot_grammar([("colour", ["blue"])], WORDS)


@pytest.mark.parametrize(
    ("text", "message"), [("one a\ntwo\n", ":2: slot two takes no word"), ("one a b a\n", ":1: slot one has the word a twice")]
)
def test_a_line_that_makes_no_slot_is_named(text, message, tmp_path):
    (tmp_path / "grammar").write_text(text)
    with pytest.raises(DataError, match=message):
        read_slots(tmp_path / "grammar")
