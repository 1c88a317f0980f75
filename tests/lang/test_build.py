"""From a dictionary to a lang: numbering, phones that know their place, and what is refused."""

from dataclasses import fields, replace

import pytest

from cortado.errors import ConfigError, DataError
from cortado.lang import Lang, Root, SymbolTable
from cortado.lang.build import PLACES, build_lang, phones_in_word


def values(lang: Lang) -> dict:
    """All fields, tables as lists."""
    pairs = ((field.name, getattr(lang, field.name)) for field in fields(lang))
    return {name: list(value) if isinstance(value, SymbolTable) else value for name, value in pairs}


@pytest.mark.parametrize("position_dependent", [True, False])
@pytest.mark.parametrize("share_silence", [True, False])
def test_a_written_lang_is_read_back_whole(dictionary, tmp_path, position_dependent, share_silence):
    lang = build_lang(dictionary, "<unk>", 0.3, position_dependent, share_silence)
    build_lang(dictionary, "<unk>", 0.3, not position_dependent).write(tmp_path)  # what an earlier call left
    lang.write(tmp_path)
    assert values(Lang.read(tmp_path)) == values(lang)


def test_words_and_phones_are_numbered_as_in_kaldi(dictionary):
    lang = build_lang(dictionary, "<unk>")
    assert [symbol for symbol, _ in lang.words] == ["<eps>", "!SIL", "<unk>", "a", "read", "reader", "red", "#0", "<s>", "</s>"]
    assert [symbol for symbol, _ in lang.phones] == ["<eps>", "SIL", "SPN", "AH", "EH", "D", "EY", "IY", "R", "#0", "#1", "#2", "#3"]
    assert lang.words.symbol(lang.oov_word) == "<unk>" and lang.words.symbol(lang.word_disambig) == "#0"
    assert [lang.phones.symbol(phone) for phone in lang.disambig_phones] == ["#0", "#1", "#2", "#3"]  # homophones take 2, silence 1
    assert lang.roots[0] == Root(True, True, [1]) and lang.roots[2] == Root(True, True, [3, 4])


def test_phones_of_a_word_know_their_place():
    assert phones_in_word(["AH"]) == ("AH_S",)
    assert phones_in_word("AB") == ("A_B", "B_E")
    assert phones_in_word("ABCD") == ("A_B", "B_I", "C_I", "D_E")


def test_position_dependent_phones_share_roots_and_the_tree_may_ask_for_places(dictionary):
    lang = build_lang(dictionary, "<unk>", position_dependent=True)
    names = [[lang.phones.symbol(phone) for phone in phones] for phones in lang.phone_sets]
    assert names[0] == ["SIL", "SIL_B", "SIL_E", "SIL_I", "SIL_S"]
    assert names[2] == ["AH_B", "AH_E", "AH_I", "AH_S", "EH_B", "EH_E", "EH_I", "EH_S"]
    questions = [{lang.phones.symbol(phone) for phone in question} for question in lang.extra_questions]
    for place in PLACES:
        assert {phone + place for phone in dictionary.nonsilence_phones} in questions
    assert len(lang.phones) - 1 == 2 * 5 + 6 * 4 + len(lang.disambig_phones)
    assert {lang.word_boundary[phone] for phone in lang.nonsilence_phones} == set(PLACES.values())


def test_place_in_the_word_saves_disambiguation_symbols(dictionary):
    """AH_S no longer begins a longer word, and IY_E is another phone than IY_I: only homophones and silence need symbols."""
    assert len(build_lang(dictionary, "<unk>", position_dependent=True).disambig_phones) == 4


def test_shared_silences_have_one_root_that_is_not_split(dictionary):
    lang = build_lang(dictionary, "<unk>", share_silence=True)
    assert lang.roots[0] == Root(False, False, [1, 2]) and all(root.shared and root.split for root in lang.roots[1:])


def test_an_oov_word_outside_the_lexicon_is_refused(dictionary):
    with pytest.raises(DataError, match="the lexicon has no word <UNK>"):
        build_lang(dictionary, "<UNK>")


@pytest.mark.parametrize("sil_prob", [-0.1, 1.0, float("nan")])
def test_an_impossible_probability_of_silence_is_refused(dictionary, sil_prob):
    with pytest.raises(ConfigError, match="silence between words"):
        build_lang(dictionary, "<unk>", sil_prob)


def test_phones_that_seem_to_know_their_place_already_are_refused(dictionary):
    dictionary = replace(dictionary, nonsilence_sets=[*dictionary.nonsilence_sets, ["T_B"]])
    with pytest.raises(DataError, match="phone T_B ends in _B"):
        build_lang(dictionary, "<unk>", position_dependent=True)
