"""Dictionary folders: written and read, made from pronunciations, and refused where files contradict each other."""

from dataclasses import replace

import pytest

from cortado.errors import DataError
from cortado.lang import Pronunciation
from cortado.lang.dictionary import Dictionary
from cortado.lang.make_dictionary import make_dictionary


@pytest.mark.parametrize("with_probabilities", [True, False])
def test_what_is_written_is_read(dictionary, tmp_path, with_probabilities):
    if not with_probabilities:
        dictionary = replace(dictionary, lexicon=[entry._replace(probability=1.0) for entry in dictionary.lexicon])
    (tmp_path / "lexicon.txt").write_text("left from earlier\n")
    (tmp_path / "lexiconp.txt").write_text("left from earlier\n")
    dictionary.write(tmp_path)
    assert Dictionary.read(tmp_path) == replace(dictionary, path=tmp_path)
    assert (tmp_path / "lexiconp.txt").exists() == with_probabilities


def test_extra_questions_may_be_missing_or_empty(dictionary, tmp_path):
    dictionary.write(tmp_path)
    for change in (lambda path: path.write_text(""), lambda path: path.unlink()):
        change(tmp_path / "extra_questions.txt")
        assert Dictionary.read(tmp_path).extra_questions == []


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("lexiconp.txt", "a 1 AH\nbee 1 B IY\n", "lexiconp.txt:2: phone B of word bee is in neither"),
        ("lexiconp.txt", "a 1 AH\n<s> 1 AH\n", "lexiconp.txt:2: <s> is reserved"),
        ("lexicon.txt", "a AH\n", "lexiconp.txt: has other pronunciations than lexicon.txt"),
        ("nonsilence_phones.txt", "AH EH\nSIL\n", "phone SIL is also in silence_phones.txt"),
        ("nonsilence_phones.txt", "AH EH\nD\nEH\n", "nonsilence_phones.txt:3: phone EH is given twice"),
        ("silence_phones.txt", "SIL\n#1\n", "silence_phones.txt:2: #1 is reserved"),
        ("optional_silence.txt", "AH\n", "phone AH is not in silence_phones.txt"),
        ("optional_silence.txt", "SIL\nSPN\n", "expected one phone"),
        ("extra_questions.txt", "AH\nXX\n", "extra_questions.txt:2: phone XX"),
        ("silence_phones.txt", None, "silence_phones.txt: cannot be read"),
        ("lexiconp.txt", None, "has neither lexicon.txt nor lexiconp.txt"),
    ],
)
def test_files_that_contradict_each_other_are_named_with_the_line(dictionary, tmp_path, name, content, message):
    dictionary.write(tmp_path)
    if content is None:
        (tmp_path / name).unlink()
    else:
        (tmp_path / name).write_text(content)
    with pytest.raises(DataError, match=message):
        Dictionary.read(tmp_path)


def test_a_made_dictionary_puts_the_stresses_of_a_vowel_together_and_asks_for_each():
    lexicon = [Pronunciation("zoo", 1.0, ("Z", "UW1")), Pronunciation("azure", 1.0, ("AE1", "ZH", "UW0", "ER0"))]
    made = make_dictionary(lexicon, "<unk>")
    assert [entry.word for entry in made.lexicon] == ["<unk>", "azure", "zoo"]
    assert made.nonsilence_sets == [["AE1"], ["ER0"], ["UW0", "UW1"], ["Z"], ["ZH"]]
    assert made.extra_questions == [["SIL", "SPN"], ["ER0", "UW0"], ["AE1", "UW1"]]
    assert made.lexicon[0] == Pronunciation("<unk>", 1.0, ("SPN",))


def test_a_lexicon_that_has_the_oov_word_keeps_it():
    own = Pronunciation("<unk>", 1.0, ("X",))
    assert make_dictionary([own], "<unk>").lexicon == [own]


def test_digits_that_are_letters_are_no_stresses():
    made = make_dictionary([Pronunciation("a1", 1.0, ("a", "1")), Pronunciation("a2", 1.0, ("a", "2"))], "<unk>")
    assert made.nonsilence_sets == [["1"], ["2"], ["a"]]
