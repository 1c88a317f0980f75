"""Tables of word error rates: what a row shows, seeds in one row, and rows that contradict one another."""

from dataclasses import replace
from pathlib import Path

import pytest

from cortado.errors import DataError
from cortado.report.word_results import read_word_runs, render_words
from cortado.score.result import Facts, Version
from cortado.score.wer import Interval
from cortado.score.word_result import FORMAT, Errors, References, WordResult, read_word_result

RESULT = WordResult(
    format=FORMAT,
    system="tri3",
    condition="test",
    references=References("data/test/text", "0" * 32, 50, 300),
    wer=Interval(0.02, 0.01, 0.03),
    errors=Errors(3, 2, 1, 5, 0),
    oracle_wer=0.005,
    lm_weight=11.0,
    word_penalty=0.5,
    chosen_on="exp/tri3/decode_dev",
    facts=Facts(seed=1),
    num_draws=10000,
    version=Version("abcdef0123456789", False),
    command="score_words.py data/test/text exp/tri3/graph/words.txt exp/tri3/decode_test",
)


def write(folder: Path, *results: WordResult) -> list[Path]:
    paths = [folder / f"exp/run{number}/result.json" for number in range(len(results))]
    for path, result in zip(paths, results, strict=True):
        result.write(path)
    return paths


def test_a_result_is_read_as_it_was_written(tmp_path):
    (path,) = write(tmp_path, RESULT)
    assert read_word_result(path) == RESULT


def test_a_row_has_the_means_over_its_seeds(tmp_path):
    other = replace(RESULT, wer=Interval(0.04, 0.02, 0.06), errors=Errors(6, 4, 2, 9, 0), oracle_wer=0.015, facts=Facts(seed=2))
    text = render_words(read_word_runs(write(tmp_path, other, RESULT), tmp_path))
    assert "| test | tri3 | 3.00 | 1.50 to 4.50 | 2.00, 4.00 | 1.50 / 1.00 / 0.50 | 1.00 | 50 | 300 |" in text
    assert "**test / tri3, seed 1**: exp/run1; commit abcdef012345; LM weight 11, penalty 0.5, chosen on exp/tri3/decode_dev;" in text
    assert f"    {RESULT.command}\n" in text


def test_synthetic_speech_stands_in_a_table_of_its_own(tmp_path):
    synthetic = replace(RESULT, facts=Facts(seed=1, synthetic=True))
    text = render_words(read_word_runs(write(tmp_path, RESULT, synthetic), tmp_path))
    recorded, made_up = text.split("## Word error rates, synthetic speech")
    assert "| test | tri3 | 2.00 |" in recorded
    assert "| test | tri3 | 2.00 |" in made_up


def test_the_same_row_twice_and_two_references_of_one_name_are_refused(tmp_path):
    with pytest.raises(DataError, match="the same row as exp/run0"):
        render_words(read_word_runs(write(tmp_path, RESULT, RESULT), tmp_path))
    other = replace(RESULT, system="mono", references=replace(RESULT.references, md5="1" * 32))
    with pytest.raises(DataError, match="other references"):
        render_words(read_word_runs(write(tmp_path, RESULT, other), tmp_path))


def test_another_programs_result_is_refused(tmp_path):
    (tmp_path / "result.json").write_text('{"format": "cortado speaker verification result 1"}')
    with pytest.raises(DataError, match=r"not a result of score_words\.py"):
        read_word_runs([tmp_path / "result.json"], tmp_path)
