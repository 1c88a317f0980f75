"""Language models as automata: KenLM's probabilities word by word, also of pruned models and unknown words, and grammars of slots."""

import kenlm
import numpy as np
import pytest

from cortado.errors import CortadoError
from cortado.lm import read_arpa, write_arpa
from cortado.lm.counts import count_ngrams, read_corpus
from cortado.lm.entropy_pruning import prune
from cortado.lm.kneser_ney import estimate
from cortado.lm.ngram_model import EOS
from cortado.lm.word_automaton import NO_STATE, WordAutomaton, advance, ngram_automaton, slot_automaton


def log_probs(automaton: WordAutomaton, sentence: str) -> list[float]:
    """Natural, of each word and the end of the sentence."""
    state, found = automaton.start, []
    for word in [*filter(None, sentence.split(" ")), EOS]:
        number = automaton.number(word) if word in automaton.vocabulary else automaton.unknown
        log_prob, state = advance(automaton.arcs, state, number)
        found.append(log_prob)
    return found


@pytest.mark.parametrize("threshold", [None, 1e-4])
def test_every_word_has_kenlms_probability(threshold, zipf_text, tmp_path):
    corpus = read_corpus(zipf_text)
    model, _ = estimate(count_ngrams(corpus, 4), corpus.vocabulary, [0, 0, 1, 1], True)
    write_arpa(tmp_path / "lm.arpa", prune(model, threshold) if threshold else model)
    automaton, oracle = ngram_automaton(read_arpa(tmp_path / "lm.arpa")), kenlm.Model(str(tmp_path / "lm.arpa"))
    lines = [*zipf_text.read_text(encoding="utf-8").split("\n")[:100], "w1 nowhere w2 w1", "nowhere nowhere", ""]
    for line in lines:
        expected = [row[0] * np.log(10) for row in oracle.full_scores(line)]
        np.testing.assert_allclose(log_probs(automaton, line), expected, rtol=1e-4, atol=1e-4)


def test_slots_take_one_of_their_words_each_with_equal_probability():
    automaton = slot_automaton([["set", "lay"], ["a", "b", "set"], ["now"]])
    np.testing.assert_allclose(log_probs(automaton, "set set now"), np.log([1 / 2, 1 / 3, 1, 1]), atol=1e-12)
    for words in ("set now", "a set now", "set a", "set a now now"):
        state = automaton.start
        for word in [*words.split(), EOS]:
            log_prob, state = advance(automaton.arcs, state, automaton.number(word))
            if state == NO_STATE:
                break
        assert log_prob == -np.inf


def test_a_word_that_the_model_has_not_is_named():
    with pytest.raises(CortadoError, match="has no word blue"):
        slot_automaton([["a"]]).number("blue")
