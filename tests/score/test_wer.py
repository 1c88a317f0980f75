"""Word errors against a plain dynamic programme, Kaldi's report, the interval against drawing sentences in numpy, .trn files."""

import numpy as np
import pytest

from cortado.errors import CortadoError
from cortado.score.wer import align_words, bootstrap_wer, count_errors, per_utterance, trn_lines


def edit_distance(reference, hypothesis) -> int:
    row = list(range(len(hypothesis) + 1))
    for i, word in enumerate(reference, 1):
        previous, row = row, [i]
        for j, other in enumerate(hypothesis, 1):
            row.append(min(previous[j] + 1, row[-1] + 1, previous[j - 1] + (word != other)))
    return row[-1]


def random_sentences(num: int, seed: int = 0):
    rng = np.random.default_rng(seed)
    draw = lambda: tuple("abcde"[i] for i in rng.integers(0, 5, rng.integers(0, 9)))
    return {f"utt{n}": draw() for n in range(num)}, {f"utt{n}": draw() for n in range(num)}


def test_the_number_of_errors_is_the_edit_distance():
    references, hypotheses = random_sentences(300)
    errors = count_errors(references, hypotheses)
    distances = [edit_distance(references[utt], hypotheses[utt]) for utt in references]
    assert errors.total == sum(distances)
    assert errors.num_wrong == np.count_nonzero(distances)
    assert errors.num_words == sum(map(len, references.values()))
    assert errors.insertions - errors.deletions == sum(map(len, hypotheses.values())) - errors.num_words


def test_the_report_is_that_of_compute_wer():
    errors = count_errors({"a": ("x", "y", "z"), "b": ("p",), "c": ("q", "q")}, {"a": ("x", "z", "z"), "b": ("p", "p")})
    assert errors.report() == (
        "%WER 66.67 [ 4 / 6, 1 ins, 2 del, 1 sub ] [PARTIAL]\n%SER 100.00 [ 3 / 3 ]\nScored 3 sentences, 1 not present in hyp.\n"
    )


def test_the_interval_is_that_of_drawing_sentences():
    references, hypotheses = random_sentences(200, seed=1)
    interval = bootstrap_wer(references, hypotheses)
    errors = np.array([edit_distance(references[utt], hypotheses[utt]) for utt in references])
    lengths = np.array([len(words) for words in references.values()])
    drawn = np.random.default_rng(0).integers(0, 200, (10_000, 200))
    rates = errors[drawn].sum(axis=1) / lengths[drawn].sum(axis=1)
    assert interval.value == errors.sum() / lengths.sum()
    assert (interval.low, interval.high) == pytest.approx(np.quantile(rates, [0.025, 0.975]), abs=0.01)
    assert bootstrap_wer(references, hypotheses) == interval


def test_aligned_words_spell_both_sentences_with_as_many_mismatches_as_errors():
    references, hypotheses = random_sentences(50, seed=2)
    for utt, reference in references.items():
        pairs = align_words(reference, hypotheses[utt])
        assert tuple(word for word, _ in pairs if word != "***") == reference
        assert tuple(word for _, word in pairs if word != "***") == hypotheses[utt]
        assert sum(one != other for one, other in pairs) == edit_distance(reference, hypotheses[utt])


def test_the_lines_of_an_utterance_show_each_word_under_its_partner():
    lines = list(per_utterance({"a": ("the", "x", "z")}, {"a": ("the", "yes", "z", "z")}))
    assert [line.split() for line in lines[:3]][2][2:].count("I") == 1
    assert lines[3] == "a #csid 2 1 1 0\n"
    assert len({line.index(" ", 2) for line in lines[:2]}) == 1


def test_trn_lines_are_words_and_the_utterance_in_brackets():
    assert list(trn_lines({"s1-u1": ("a", "b"), "s1-u2": ()})) == ["a b (s1-u1)\n", "(s1-u2)\n"]


def test_a_hypothesis_without_reference_is_refused_by_name():
    with pytest.raises(CortadoError, match="no reference for utterance zz"):
        count_errors({"a": ("x",)}, {"a": (), "zz": ("y",)})


def test_references_without_any_word_have_no_error_rate():
    with pytest.raises(CortadoError, match="no words"):
        count_errors({"a": ()}, {"a": ("x",)})
