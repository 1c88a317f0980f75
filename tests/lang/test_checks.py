"""Checks of a lang folder: each fault alone is found, and named with file and line."""

import shutil
from dataclasses import replace

import numpy as np
import pytest

from cortado.lang.build import build_lang
from cortado.lang.checks import problems
from cortado.lang.fst_checks import fst_problems
from cortado.lang.lexicon_fst import lexicon_fst


@pytest.fixture(scope="module")
def good_folder(dictionary, tmp_path_factory):
    folder = tmp_path_factory.mktemp("lang")
    build_lang(dictionary, "<unk>", position_dependent=True).write(folder)
    return folder


@pytest.fixture
def folder(good_folder, tmp_path):
    return shutil.copytree(good_folder, tmp_path / "lang")


def edit(path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


def test_a_good_folder_has_no_problems(folder):
    assert problems(folder) == []


# Numbers of the fixture: phones 1-5 SIL*, 6-10 SPN*, 11-14 AH_*, ..., 35 #0 to 38 #3; words 1 !SIL, 2 <unk>, 3 a, ...
@pytest.mark.parametrize(
    ("name", "old", "new", "message"),
    [
        ("words.txt", "reader 5\n", "reader 5\nzebra 55\n", "words.txt:7: word zebra has no pronunciation"),
        ("words.txt", "<s> 8\n", "", "words.txt: has no <s>"),
        ("phones.txt", "#0 35\n", "#0 35\nXX 99\n", "phones.txt:37: phone XX is neither"),
        ("phones/nonsilence.int", "11\n", "11\n5\n", "nonsilence.int:2: phone 5 is also in silence.int"),
        ("phones/sets.int", "6 7", "6 6", "sets.int:2: phone 6 is there twice"),
        ("phones/sets.int", "6 7", "6", "sets.int: phone 7 (SPN_B) is missing"),
        ("phones/sets.int", "6 7", "6 35", "sets.int:2: phone 35 has no model"),
        ("phones/roots.int", "shared split 6", "shared split 6 1", "roots.int:2: phone 1 is there twice"),
        ("phones/roots.int", "shared split 6", "splitted shared 6", "roots.int:2: expected 'shared'"),
        ("phones/extra_questions.int", "1 2", "1 36 2", "extra_questions.int:1: phone 36 has no model"),
        ("phones/optional_silence.int", "1", "11", "optional_silence.int:1: phone 11 is not in silence.int"),
        ("phones/context_indep.int", "1\n", "35\n", "context_indep.int:1: phone 35"),
        ("phones/disambig.int", "35\n36\n", "36\n35\n", "disambig.int:1: phone 36 is #1, expected #0"),
        ("phones/disambig.int", "38\n", "", "has 3 symbols; the lexicon needs 4"),
        ("phones/wdisambig_words.int", "7", "6", "wdisambig_words.int:1: word 6 is not #0"),
        ("phones/word_boundary.int", "11 begin\n", "", "word_boundary.int: phone 11 (AH_B) is missing"),
        ("phones/word_boundary.int", "14 singleton", "14 begin", "lexiconp.txt:3: the phones of a do not begin"),
        ("phones/word_boundary.int", "14 singleton", "14 alone", "word_boundary.int:14: expected a phone and one of"),
        ("phones/silence.txt", "SPN_B", "SPN_E", "silence.txt:7: does not say the same as silence.int"),
        ("phones/silence.csl", "1:2", "2:1", "silence.csl:1: does not say the same as silence.int"),
        ("phones/align_lexicon.int", "3 3 14", "3 3 13", "align_lexicon.int:4: '3 3 13' is not in lexiconp.txt"),
        ("phones/align_lexicon.int", "3 3 14\n", "", "align_lexicon.int: lacks '3 3 14'"),
        ("lexiconp.txt", "a 1.0 AH_S", "a 1.0 AH_X", "lexiconp.txt:3: AH_X is not in"),
        ("lexiconp.txt", "a 1.0 AH_S", "ah 1.0 AH_S", "lexiconp.txt:3: ah is not in"),
        ("oov.int", "2", "200", "oov.int:1: '200' is not the number of a symbol"),
        ("oov.int", "2", "3", "oov.txt:1: does not say the same as oov.int"),
        ("sil_prob", "0.5", "1.5", "sil_prob:1: expected a probability"),
    ],
)
def test_each_fault_is_named(folder, name, old, new, message):
    edit(folder / name, old, new)
    assert any(message in problem for problem in problems(folder)), problems(folder)


@pytest.mark.parametrize("name", ["words.txt", "phones/silence.int", "phones/sets.txt", "oov.txt", "sil_prob"])
def test_a_missing_file_is_named(folder, name):
    (folder / name).unlink()
    assert problems(folder) == [f"{folder / name}: cannot be read: No such file or directory"]


def test_a_folder_without_a_lexicon_of_either_kind_is_refused(folder):
    (folder / "lexiconp.txt").unlink()
    assert problems(folder) == [f"{folder}: has neither lexiconp.txt, as utils/prepare_lang.sh makes it, nor L.fst, as Kaldi does"]


def test_good_lexicon_transducers_have_no_problems(dictionary):
    for sil_prob in (0.5, 0.0):
        lang = build_lang(dictionary, "<unk>", sil_prob)
        for disambig in (False, True):
            assert list(fst_problems(lang, lexicon_fst(lang, disambig), disambig)) == []


def test_states_may_be_numbered_in_another_way(dictionary):
    lang = build_lang(dictionary, "<unk>")
    arcs = lexicon_fst(lang, disambig=True)
    order = np.r_[0, np.random.default_rng(0).permutation(np.arange(1, arcs.num_states))]
    shuffled = arcs._replace(src=order[arcs.src], dst=order[arcs.dst], final=int(order[arcs.final]))
    assert list(fst_problems(lang, shuffled, disambig=True)) == []


def faults(lang, disambig=True, **columns) -> list[str]:
    return list(fst_problems(lang, lexicon_fst(lang, disambig)._replace(**columns), disambig))


def test_a_changed_phone_shows_which_pronunciation_is_lost_and_which_is_new(dictionary):
    lang = build_lang(dictionary, "<unk>")
    ilabel = lexicon_fst(lang, disambig=True).ilabel.copy()
    ilabel[ilabel == lang.phones["EY"]] = lang.phones["D"]
    found = faults(lang, ilabel=ilabel)
    assert found[0] == "lacks a as 'EY' (1 such in all)" and found[1].startswith("has what is not in lexiconp.txt: a as 'D'")


def test_a_transducer_without_disambiguation_cannot_be_determinised(dictionary):
    lang = build_lang(dictionary, "<unk>")
    found = list(fst_problems(lang, lexicon_fst(lang, disambig=False), disambig=True))
    assert any(line.startswith("cannot be determinised") for line in found)
    assert any("no loop #0:#0" in line for line in found)


def test_another_use_of_silence_than_sil_prob_says_is_found(dictionary):
    with_silence, without = build_lang(dictionary, "<unk>", 0.5), build_lang(dictionary, "<unk>", 0.0)
    assert "has no silence between words, but sil_prob is 0.5" in fst_problems(with_silence, lexicon_fst(without, True), True)
    assert "has silence between words, but sil_prob is 0" in fst_problems(without, lexicon_fst(with_silence, True), True)


def test_a_lexicon_changed_after_l_was_made_is_found(dictionary):
    lang = build_lang(dictionary, "<unk>")
    fewer = replace(lang, pronunciations=lang.pronunciations[:-1])
    found = list(fst_problems(fewer, lexicon_fst(lang, disambig=False), disambig=False))
    assert found == ["has what is not in lexiconp.txt: reader as 'R IY D AH' (1 such in all)"]
