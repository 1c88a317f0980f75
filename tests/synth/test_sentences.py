"""Sentences: seeded, never twice, and of the grammar alone."""

import math

import pytest

from cortado.errors import CortadoError
from cortado.synth import sentences


def test_no_sentence_twice_and_the_same_ones_for_a_seed():
    first = sentences.draw_sentences(2000, seed=7)
    assert len(set(first)) == 2000
    assert sentences.draw_sentences(2000, seed=7) == first
    assert sentences.draw_sentences(2000, seed=8) != first


def test_every_word_of_the_grammar_is_used():
    words = {word for choices in sentences.GRAMMAR for choice in choices for word in choice.split()}
    assert {word for sentence in sentences.draw_sentences(2000, seed=1) for word in sentence.split()} == words


def test_the_whole_grammar_can_be_drawn_but_no_more(monkeypatch):
    monkeypatch.setattr(sentences, "GRAMMAR", sentences.GRAMMAR[:3])
    size = math.prod(map(len, sentences.GRAMMAR))
    assert len(set(sentences.draw_sentences(size, seed=1))) == size
    with pytest.raises(CortadoError, match=f"has {size} sentences, not {size + 1}"):
        sentences.draw_sentences(size + 1, seed=1)
