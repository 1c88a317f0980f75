"""L and L_disambig, composed and determinised by OpenFst (kaldifst)."""

import itertools
import math
import random

import kaldifst
import numpy as np
import pytest

from cortado.lang import Pronunciation
from cortado.lang.build import build_lang
from cortado.lang.dictionary import Dictionary
from cortado.lang.lexicon_fst import lexicon_fst


def to_kaldifst(arcs) -> kaldifst.StdVectorFst:
    fst = kaldifst.StdVectorFst()
    for _ in range(arcs.num_states):
        fst.add_state()
    fst.start = 0
    for src, ilabel, olabel, weight, dst in zip(*arcs[:5], strict=True):
        fst.add_arc(int(src), kaldifst.StdArc(int(ilabel), int(olabel), float(weight), int(dst)))
    fst.set_final(arcs.final, 0.0)
    return fst


def paths_of_words(lang, words) -> dict[tuple[str, ...], float]:
    """Every sequence of phones that L turns into `words`, with its cost; found by composition."""
    l_fst = to_kaldifst(lexicon_fst(lang, disambig=False))
    kaldifst.arcsort(l_fst, "olabel")
    composed = kaldifst.compose(l_fst, kaldifst.make_linear_acceptor([lang.words[word] for word in words]))
    paths, stack = {}, [(composed.start, (), 0.0)]
    while stack:
        state, phones, cost = stack.pop()
        final = float(composed.final(state).value)
        if math.isfinite(final):
            paths[phones] = cost + final
        for arc in kaldifst.ArcIterator(composed, state):
            stack.append(
                (arc.nextstate, phones + ((lang.phones.symbol(arc.ilabel),) if arc.ilabel else ()), cost + float(arc.weight.value))
            )
    return paths


def expected_paths(dictionary, words, sil_prob) -> dict[tuple[str, ...], float]:
    """By enumeration: a way to say each word, and silence or none before, between and behind."""
    ways = [[entry for entry in dictionary.lexicon if entry.word == word] for word in words]
    paths = {}
    for entries in itertools.product(*ways):
        for silences in itertools.product([True, False] if sil_prob else [False], repeat=len(words) + 1):
            phones, cost = ["SIL"] if silences[0] else [], 0.0
            for entry, silence in zip(entries, silences[1:], strict=True):
                phones += [*entry.phones, *(["SIL"] if silence else [])]
                cost -= math.log(entry.probability)
            cost -= sum(math.log(sil_prob if silence else 1 - sil_prob) for silence in silences)
            paths[tuple(phones)] = cost
    return paths


@pytest.mark.parametrize("sil_prob", [0.5, 0.2, 0.0])
def test_a_sentence_through_l_is_said_in_just_the_ways_of_the_lexicon(dictionary, sil_prob):
    lang = build_lang(dictionary, "<unk>", sil_prob)
    for words in (["read"], ["a", "red"], ["reader", "a", "read"]):
        assert paths_of_words(lang, words) == pytest.approx(expected_paths(dictionary, words, sil_prob), abs=1e-5)


def test_all_ways_out_of_the_states_of_l_have_probability_one():
    """With one pronunciation a word and words of equal cost, the silence costs alone are left: each pair sums to one."""
    dictionary = Dictionary([Pronunciation("a", 1.0, ("A", "B"))], [["SIL"]], [["A"], ["B"]], "SIL")
    arcs = lexicon_fst(build_lang(dictionary, "a", 0.3), disambig=False)
    assert np.bincount(arcs.src, np.exp(-arcs.weight)) == pytest.approx(1)


def backoff_grammar(lang, words) -> kaldifst.StdVectorFst:
    """A state for each word, which may be left over #0 to the state of all words."""
    lines = []
    for number, word in enumerate(words, 1):
        lines += [f"0 {number} {lang.words[word]} {lang.words[word]} 1.5", f"{number} 0 {lang.word_disambig} 0 0.5"]
        lines += [
            f"{number} {number % len(words) + 1} {lang.words[words[number % len(words)]]} {lang.words[words[number % len(words)]]} 0.7"
        ]
    finals = [f"{number} 0.1" for number in range(1, len(words) + 1)]
    return kaldifst.compile("\n".join(lines + finals))


def random_dictionary(seed: int) -> Dictionary:
    """Forty words of two phones' alphabet, so that many are homophones or begin one another."""
    rng = random.Random(seed)
    entries = {(f"w{rng.randint(0, 30)}", tuple(rng.choices("AB", k=rng.randint(1, 4)))) for _ in range(40)}
    lexicon = [Pronunciation(word, rng.choice([0.5, 1.0]), phones) for word, phones in sorted(entries)]
    return Dictionary(lexicon, [["SIL"]], [["A"], ["B"]], "SIL")


@pytest.mark.parametrize("position_dependent", [False, True])
@pytest.mark.parametrize("sil_prob", [0.5, 0.0])
def test_l_disambig_with_a_backoff_grammar_can_be_determinised(position_dependent, sil_prob):
    for seed in range(4):
        dictionary = random_dictionary(seed)
        words = sorted({entry.word for entry in dictionary.lexicon})
        lang = build_lang(dictionary, words[0], sil_prob, position_dependent)
        l_fst = to_kaldifst(lexicon_fst(lang, disambig=True))
        kaldifst.arcsort(l_fst, "olabel")
        composed = kaldifst.compose(l_fst, backoff_grammar(lang, words))
        kaldifst.determinize_star(composed, use_log=True)  # in place; for ever, or an error, if words cannot be told apart
        assert composed.num_states > len(words)
        for state in range(composed.num_states):
            labels = [arc.ilabel for arc in kaldifst.ArcIterator(composed, state)]
            assert len(labels) == len(set(labels))


def test_disambiguation_symbols_change_neither_words_nor_costs(dictionary):
    """Taken out of L_disambig, with the loop #0:#0, what is left is L."""
    lang = build_lang(dictionary, "<unk>", 0.4)
    plain, marked = (to_kaldifst(lexicon_fst(lang, disambig)) for disambig in (False, True))
    symbols = set(lang.disambig_phones)
    lines = []
    for state in range(marked.num_states):
        for arc in kaldifst.ArcIterator(marked, state):
            if arc.olabel != lang.word_disambig:
                lines.append(f"{state} {arc.nextstate} {0 if arc.ilabel in symbols else arc.ilabel} {arc.olabel} {float(arc.weight.value)}")
    stripped = kaldifst.compile("\n".join([*lines, "1 0"]))
    for words in (["read", "red"], ["a"]):
        acceptor = kaldifst.make_linear_acceptor([lang.words[word] for word in words])
        best = []
        for fst in (plain, stripped):
            kaldifst.arcsort(fst, "olabel")
            path = kaldifst.shortest_path(kaldifst.compose(fst, acceptor))
            found, isymbols, osymbols, weight = kaldifst.get_linear_symbol_sequence(path)
            best.append((found, isymbols, osymbols, pytest.approx(float(weight.value), abs=1e-4)))
        assert best[0][0] and best[0] == best[1]
