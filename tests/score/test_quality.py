"""Quality measures by their definitions, and the features of trials made of them."""

import numpy as np
import pytest

from cortado.errors import ConfigError, DataError
from cortado.score import quality
from cortado.score.back_end import make_cohort
from cortado.score.embeddings import Embeddings
from cortado.score.quality import QualityTables, quality_measures


def table(source, num, seed):
    vectors = np.random.default_rng(seed).standard_normal((num, 5)).astype(np.float32) + 1
    return Embeddings(source, [f"{source}{i}" for i in range(num)], vectors)


def test_measures_are_those_of_their_definitions(monkeypatch):
    monkeypatch.setattr(quality, "BLOCK_BYTES", 3 * 8 * 4)  # three utterances a block
    training, test = table("c", 24, 0), table("t", 10, 1)
    cohort = make_cohort(training, {key: f"s{i % 8}" for i, key in enumerate(training.keys)}, "utt2spk")
    seconds = {key: 1.5 + i for i, key in enumerate(test.keys)}
    measures = quality_measures(test, seconds, cohort, top_n=3)
    for row, key in enumerate(test.keys):
        centred = test.vectors[row] - cohort.mean
        cosines = sorted(float(speaker @ centred / np.linalg.norm(centred)) for speaker in cohort.speakers.vectors)
        expected = {
            "log_dur": np.log(seconds[key]),
            "log_magnitude": np.log(np.linalg.norm(test.vectors[row])),
            "cohort_mean": np.mean(cosines[-3:]),
        }
        assert {name: values[row] for name, values in measures.items()} == pytest.approx(expected, abs=1e-5)


@pytest.mark.parametrize("seconds", [{}, {"t0": 0.0}, {"t0": -1.0}])
def test_an_utterance_without_a_duration_is_named(seconds):
    training = table("c", 8, 0)
    cohort = make_cohort(training, {key: key for key in training.keys}, "utt2spk")
    with pytest.raises(DataError, match="t: t0 has no duration above 0"):
        quality_measures(table("t", 1, 1), seconds, cohort, 3)


def test_a_trial_has_the_lesser_and_the_greater_value_whichever_side_it_is_on(tmp_path):
    (tmp_path / "test").mkdir()
    (tmp_path / "enrol").mkdir()
    (tmp_path / "test/x").write_text("a 1\nb 2.5\n")
    (tmp_path / "enrol/x").write_text("c -3\n")
    tables = QualityTables([tmp_path / "test", tmp_path / "enrol"], ["x"])
    np.testing.assert_array_equal(tables.features(["a", "b", "c"], ["b", "a", "b"]), [[1, 2.5], [1, 2.5], [-3, 2.5]])
    assert QualityTables([], []).features(["a", "b"], ["b", "a"]).shape == (2, 0)
    with pytest.raises(DataError, match="x: has no value for z"):
        tables.features(["a"], ["z"])


def test_what_is_no_number_and_a_missing_folder_are_named(tmp_path):
    (tmp_path / "x").write_text("a 1\nb loud\n")
    with pytest.raises(DataError, match="x:2: expected a number for b, found 'loud'"):
        QualityTables([tmp_path], ["x"])
    with pytest.raises(ConfigError, match="the quality measures x need folders that hold them"):
        QualityTables([], ["x"])
