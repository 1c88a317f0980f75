"""G of n-gram models: costs against KenLM, sizes known by hand, words that are missing."""

import kenlm
import numpy as np
import pytest
from toy_recogniser import LEXICON, arpa_cost, interpolated_arpa, sentence_cost

from cortado.errors import CortadoError, DataError
from cortado.graph.grammar_fst import ngram_grammar, read_grammar, word_labels
from cortado.lang import SymbolTable
from cortado.lm import read_arpa

WORDS = SymbolTable([*LEXICON, "#0", "<s>", "</s>"])
BACKOFF = WORDS["#0"]

BY_HAND = """\\data\\
ngram 1=4
ngram 2=3

\\1-grams:
-99\t<s>\t-0.1
-1\t</s>
-0.4\ta\t-0.2
-0.5\tab\t-0.3

\\2-grams:
-0.2\t<s> a
-0.3\ta </s>
-0.6\ta ab

\\end\\
"""


def grammar_of(text: str, tmp_path, skip_unknown: bool = False, words: SymbolTable = WORDS):
    (tmp_path / "arpa").write_text(text)
    said = []
    return read_grammar(tmp_path / "arpa", words, skip_unknown, said.append), said


@pytest.mark.parametrize("min_count", [1, 2])
@pytest.mark.parametrize("order", [1, 2, 3, 4])
def test_sentences_cost_what_kenlm_says(order, min_count, tmp_path):
    text = interpolated_arpa(order, min_count=min_count)
    fst, _ = grammar_of(text, tmp_path)
    rng = np.random.default_rng(order)
    oracle = None
    if order > 1:  # KenLM refuses unigram models
        (tmp_path / "oracle.arpa").write_text(text)
        oracle = kenlm.Model(str(tmp_path / "oracle.arpa"))
    for _ in range(40):
        words = rng.choice(list(LEXICON), size=rng.integers(1, 8)).tolist()
        cost = sentence_cost(fst, [WORDS[word] for word in words], BACKOFF)
        assert cost == pytest.approx(-oracle.score(" ".join(words)) * np.log(10) if oracle else arpa_cost(text, words), abs=1e-4)


def test_a_state_that_only_backs_off_is_left_out(tmp_path):
    fst, _ = grammar_of(BY_HAND, tmp_path)
    # Histories: none, <s>, a; after "ab" one can only back off. Arcs: a, ab | a, #0 | ab, #0.
    assert (fst.num_states, fst.num_arcs) == (3, 6)
    assert np.isfinite(fst.final).sum() == 2  # none, a
    assert sentence_cost(fst, [WORDS["ab"]], BACKOFF) == pytest.approx((0.1 + 0.5 + 0.3 + 1) * np.log(10), abs=1e-5)


def test_backing_off_reads_the_word_0_and_writes_nothing(tmp_path):
    fst, _ = grammar_of(interpolated_arpa(3), tmp_path)
    assert (fst.olabel == np.where(fst.ilabel == BACKOFF, 0, fst.ilabel)).all()
    assert ((fst.ilabel == BACKOFF).sum()) == fst.num_states - 1  # every history but the empty one


def test_arcs_are_sorted_and_no_state_has_a_label_twice(tmp_path):
    fst, _ = grammar_of(interpolated_arpa(4), tmp_path)
    same_state = np.diff(fst.sources()) == 0
    assert (np.diff(fst.ilabel)[same_state] > 0).all()


def test_words_that_are_not_in_the_table_are_named(tmp_path):
    fewer = SymbolTable([*list(LEXICON)[1:], "#0"])
    with pytest.raises(DataError, match=r"arpa: 1 words of the language model are not in .*: a; .*--unknown-words skip"):
        grammar_of(interpolated_arpa(2), tmp_path, words=fewer)
    fst, said = grammar_of(interpolated_arpa(2), tmp_path, skip_unknown=True, words=fewer)
    assert "left out the n-grams with words that are not in symbol table (1): a" in said[0]
    assert fewer["ab"] in fst.ilabel


def test_the_class_of_unknown_words_needs_no_entry(tmp_path):
    text = BY_HAND.replace("ngram 1=4", "ngram 1=5").replace("-0.4\ta\t", "-2\t<unk>\n-0.4\ta\t")
    with_class, said = grammar_of(text, tmp_path)
    without, _ = grammar_of(BY_HAND, tmp_path)
    assert "<unk>" in said[0]
    assert (with_class.num_states, with_class.num_arcs) == (without.num_states, without.num_arcs)


def test_a_word_that_graphs_use_for_themselves_is_refused(tmp_path):
    with pytest.raises(DataError, match="#0"):
        grammar_of(BY_HAND.replace("ab", "#0"), tmp_path)


@pytest.mark.parametrize("missing", ["<s>", "</s>"])
def test_a_model_without_sentence_marks_is_refused(missing, tmp_path):
    (tmp_path / "arpa").write_text(
        BY_HAND.replace(f"\t{missing}", "\tbee").replace(f"{missing} a", "bee a").replace(f"a {missing}", "a bee")
    )
    model = read_arpa(tmp_path / "arpa")
    with pytest.raises(CortadoError, match=f"has no {missing}"):
        ngram_grammar(model, word_labels(model, WORDS)[0], BACKOFF)


def test_a_start_from_which_one_can_only_back_off_stays_the_start(tmp_path):
    fst, _ = grammar_of(BY_HAND.replace("ngram 2=3", "ngram 2=2").replace("-0.2\t<s> a\n", ""), tmp_path)
    assert sentence_cost(fst, [WORDS["a"]], BACKOFF) == pytest.approx((0.1 + 0.4 + 0.3) * np.log(10), abs=1e-5)
