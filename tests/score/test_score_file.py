"""Score files beside their list: every way in which they may disagree is named with its line."""

import numpy as np
import pytest

from cortado.datadir import trials as trials_module
from cortado.errors import DataError
from cortado.score.score_file import scored_trials

NUM = 500


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A list, and the scores of two systems; read in blocks of a few lines."""
    monkeypatch.setattr(trials_module, "BLOCK_BYTES", 100)
    pairs = [f"e{i % 7} t{i}" for i in range(NUM)]
    (tmp_path / "trials").write_text("".join(f"{pair} {'target' if i % 3 else 'nontarget'}\n" for i, pair in enumerate(pairs)))
    for name, scale in (("a", 1), ("b", -0.5)):
        (tmp_path / name).write_text("".join(f"{pair} {scale * i:.6f}\n" for i, pair in enumerate(pairs)))
    return tmp_path


def read(folder):
    return list(scored_trials(folder / "trials", [folder / "a", folder / "b"]))


def edit(path, number, *lines):
    """Put `lines` in the place of line `number`."""
    old = path.read_text().splitlines(keepends=True)
    path.write_text("".join([*old[: number - 1], *lines, *old[number:]]))


def test_scores_of_all_files_stand_side_by_side_with_the_trials(folder):
    blocks = read(folder)
    assert len(blocks) > 20
    assert [name for trials, _ in blocks for name in trials.test] == [f"t{i}" for i in range(NUM)]
    np.testing.assert_array_equal(np.concatenate([scores for _, scores in blocks]), np.outer(np.arange(NUM), [1, -0.5]))


@pytest.mark.parametrize(
    ("lines", "reason"),
    [
        (["e2 t9 1.0\n", "e4 t8 1.0\n"], "b:11: is a score of e4 t8, but the list has e3 t10 here"),
        (["e2 t9 1.0\n"] * 2, "b:11: is a score of e2 t9, but the list has e3 t10 here"),
        ([], "b:10: is a score of e3 t10, but the list has e2 t9 here"),
        (["e2 t9\n"], "b:10: expected 'enrol test score', found 'e2 t9'"),
        (["e2 t9 1 2\n"], "b:10: expected 'enrol test score', found 'e2 t9 1 2'"),
        (["e2 t9 high\n"], "b:10: expected 'enrol test score', found 'e2 t9 high'"),
        (["e2 t9 nan\n"], "b:10: expected 'enrol test score', found 'e2 t9 nan'"),
        (["e2 t9 1 e3\n", "t10 1\n"], "b:10: expected 'enrol test score', found 'e2 t9 1 e3'"),
    ],
)
def test_a_line_that_is_not_the_trials_is_named(folder, lines, reason):
    edit(folder / "b", 10, *lines)
    with pytest.raises(DataError) as error:
        read(folder)
    assert str(error.value).endswith(reason)


def test_a_missing_last_line_and_one_too_many_are_named(folder):
    edit(folder / "b", NUM)
    with pytest.raises(DataError, match=f"b:{NUM - 1}: ends before the trial e2 t499 of the list"):
        read(folder)
    edit(folder / "b", NUM, "e2 t499 1.0\n", "e2 t500 1.0\n")
    with pytest.raises(DataError, match=f"b:{NUM + 1}: has a line beyond the {NUM} trials"):
        read(folder)


def test_a_missing_file_is_named(folder):
    (folder / "a").unlink()
    with pytest.raises(DataError, match="a: cannot be read"):
        read(folder)
