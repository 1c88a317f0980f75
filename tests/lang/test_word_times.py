"""Words found in phones, against every way in which a sentence can be said."""

import itertools

import pytest

from cortado.errors import CortadoError
from cortado.lang.build import build_lang
from cortado.lang.word_times import WordFinder, WordSpan


def ways_to_say(lang, words):
    """Every sequence of phones of the words, with where each begins and ends; with and without each silence."""
    own = [[entry.phones for entry in lang.pronunciations if entry.word == word] for word in words]
    for chosen in itertools.product(*own):
        for silences in itertools.product([0, 1], repeat=len(words) + 1):
            phones, spans = [lang.optional_silence] * silences[0], []
            for word, way, silence in zip(words, chosen, silences[1:], strict=True):
                spans.append(WordSpan(word, len(phones), len(phones) + len(way)))
                phones += [*way, *[lang.optional_silence] * silence]
            yield phones, spans


@pytest.mark.parametrize("position_dependent", [False, True])
def test_every_way_to_say_a_sentence_is_divided_into_its_words(dictionary, position_dependent):
    lang = build_lang(dictionary, "<unk>", position_dependent=position_dependent)
    finder = WordFinder(lang)
    for text in (["a", "reader", "read"], ["read", "red"], ["<unk>", "a", "zebra"]):
        words = lang.word_numbers(text)
        for phones, spans in ways_to_say(lang, words):
            assert finder.find(phones, words) == spans


def test_a_word_that_is_silence_itself_takes_one_of_the_silences(dictionary):
    """SIL SIL is !SIL with silence before it, or behind it."""
    lang = build_lang(dictionary, "<unk>")
    silence, word = lang.optional_silence, lang.words["!SIL"]
    (span,) = WordFinder(lang).find([silence, silence], [word])
    assert span.end - span.first == 1


def test_no_words_in_silence_and_in_nothing(dictionary):
    lang = build_lang(dictionary, "<unk>")
    assert WordFinder(lang).find([lang.optional_silence], []) == [] == WordFinder(lang).find([], [])


@pytest.mark.parametrize("text", [["a"], ["red"], ["read", "read"], []])
def test_phones_of_other_words_are_refused(dictionary, text):
    lang = build_lang(dictionary, "<unk>")
    phones = [lang.phones[phone] for phone in ("SIL", "R", "IY", "D")]
    with pytest.raises(CortadoError, match="its phones are not those of its words"):
        WordFinder(lang).find(phones, lang.word_numbers(text))


def test_two_silences_between_words_are_not_the_lexicons(dictionary):
    lang = build_lang(dictionary, "<unk>")
    phones = [lang.phones[phone] for phone in ("AH", "SIL", "SIL", "AH")]
    with pytest.raises(CortadoError):
        WordFinder(lang).find(phones, lang.word_numbers(["a", "a"]))
