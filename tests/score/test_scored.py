"""Scored parts: nothing is lost between jobs and merge, repeated pairs are found across parts, numbers of speakers."""

import numpy as np
import pytest

from cortado.errors import DataError
from cortado.score import scored
from cortado.score.embeddings import Embeddings
from cortado.score.scored import SCORED, ScoredList, read_scored, scored_path, write_scored
from cortado.score.split_list import Part, SplitList

TABLE = Embeddings("x.scp", [f"u{i}" for i in range(50)], np.ones((50, 2), np.float32))


def trials(pairs, seed=0):
    array = np.zeros(len(pairs), SCORED)
    array["enrol"], array["test"] = np.transpose(pairs)
    array["score"] = np.round(np.random.default_rng(seed).normal(size=len(pairs)), 6)
    return array


def written(folder, array, cuts):
    parts = np.split(array, cuts)
    lengths = list(map(len, parts))
    for job, part in enumerate(parts, 1):
        write_scored(scored_path(folder, job, len(parts)), np.array_split(part, 3), len(part))
    split = SplitList("0" * 32, tuple(Part(length, sum(lengths[:i]), 0, 0) for i, length in enumerate(lengths)))
    return ScoredList(folder, split, TABLE, TABLE)


def random_pairs(num, seed=0):
    """Different ones, out of 2500."""
    return np.transpose(np.divmod(np.random.default_rng(seed).permutation(2500)[:num], 50))


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch):
    monkeypatch.setattr(scored, "BLOCK_TRIALS", 64)
    monkeypatch.setattr(scored, "BUCKET_TRIALS", 100)


def test_what_is_read_is_what_was_written_and_numpy_reads_it_too(tmp_path):
    array = trials(random_pairs(1000))
    found = written(tmp_path, array, [1, 300])
    np.testing.assert_array_equal(np.concatenate(list(found.blocks())), array)
    assert max(map(len, found.blocks())) <= 64
    np.testing.assert_array_equal(np.load(tmp_path / "scored.2of3.npy"), array[1:300])


def test_the_score_file_has_a_line_for_each_trial(tmp_path):
    array = trials(random_pairs(500))
    array["score"][:3] = -0.0, 12345.678901, -1e-6
    written(tmp_path, array, [200]).write_text(tmp_path / "scores")
    expected = [f"u{enrol} u{test} {score:.6f}" for enrol, test, score in array.tolist()]
    assert (tmp_path / "scores").read_text().splitlines() == expected


def test_a_part_of_another_length_is_refused(tmp_path):
    with pytest.raises(DataError, match="9 trials were scored instead of 10"):
        write_scored(tmp_path / "a.npy", [trials(random_pairs(9))], 10)
    assert not list(tmp_path.iterdir())
    write_scored(tmp_path / "a.npy", [trials(random_pairs(9))], 9)
    with pytest.raises(DataError, match="holds 9 scored trials instead of 10"):
        list(read_scored(tmp_path / "a.npy", 10))
    (tmp_path / "a.npy").write_bytes((tmp_path / "a.npy").read_bytes()[:-40])
    with pytest.raises(DataError, match="holds 6 scored trials instead of 9"):
        list(read_scored(tmp_path / "a.npy", 9))


def test_a_part_that_is_missing_or_something_else_is_named(tmp_path):
    np.save(tmp_path / "a.npy", np.zeros(3))
    for name in ("a.npy", "none.npy"):
        with pytest.raises(DataError, match=f"{name}: cannot be read as scored trials"):
            list(read_scored(tmp_path / name, 3))


@pytest.mark.parametrize("seed", range(5))
def test_the_first_repeated_pair_is_named_as_a_set_finds_it(seed, tmp_path):
    rng = np.random.default_rng(seed)
    pairs = random_pairs(1200, seed)
    pairs[rng.integers(1200, size=3)] = pairs[rng.integers(1200, size=3)]  # a pair may also meet itself
    lines, seen = [tuple(pair) for pair in pairs.tolist()], set()
    repeated = next((i for i, pair in enumerate(lines) if pair in seen or seen.add(pair)), None)
    found = written(tmp_path, trials(pairs), [400, 401, 900])
    if repeated is None:
        found.refuse_repeated_pairs("trials")
        return
    enrol, test = lines[repeated]
    with pytest.raises(DataError, match=f"^trials:{repeated + 1}: the pair u{enrol} u{test} is given twice$"):
        found.refuse_repeated_pairs("trials")


def test_a_pair_turned_round_is_another_pair(tmp_path):
    written(tmp_path, trials([(1, 2), (2, 1)]), [1]).refuse_repeated_pairs("trials")


def test_speakers_are_numbered_among_those_that_occur(tmp_path):
    speaker = np.where(np.arange(50) < 49, np.arange(50) // 10 * 100, -1)
    array = trials([(0, 20), (21, 41), (5, 1)])
    scores, enrol, test = written(tmp_path, array, [2]).arrays(speaker, speaker)
    assert (enrol.tolist(), test.tolist()) == ([0, 1, 0], [1, 2, 0])
    np.testing.assert_array_equal(scores, array["score"])
