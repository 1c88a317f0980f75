"""Where crops begin, and which matrices of an ark are maps."""

import json
import re

import numpy as np
import pytest

from cortado.ark import ArkWriter
from cortado.errors import CortadoError, DataError
from cortado.files import file_digest
from cortado.score.maps import FORMAT, MapForm, MapTable, read_form

FORM = MapForm(FORMAT, model="m", num_crops=4, crop_frames=12, map_frames=3, dim=2)


def test_a_matrix_is_cut_into_the_crops_that_were_stacked():
    maps = np.arange(24, dtype=np.float32).reshape(4, 3, 2)
    np.testing.assert_array_equal(FORM.cut(maps.reshape(12, 2)), maps)
    np.testing.assert_array_equal(FORM.cut(maps[0]), maps[:1])
    np.testing.assert_array_equal(FORM.cut(maps[0, :2]), maps[:1, :2])


@pytest.fixture
def folder(tmp_path):
    with ArkWriter(tmp_path / "maps.ark", tmp_path / "maps.scp") as out:
        for key in "abc":
            out.write(key, np.full((12, 2), ord(key), np.float32))
    FORM.write(tmp_path / "maps.json")
    (tmp_path / "maps.md5").write_text("a 1\nb 2\nc 3\n")
    return tmp_path


def rewrite(folder, key, matrix):
    """The table with another matrix at `key`."""
    table = MapTable(folder)
    kept = {other: table.read(row).reshape(-1, 2) for row, other in enumerate(table.keys)}
    with ArkWriter(folder / "maps.ark", folder / "maps.scp") as out:
        for other, value in {**kept, key: matrix}.items():
            out.write(other, value)


@pytest.mark.parametrize(
    ("matrix", "reason"),
    [
        (np.zeros((12, 3)), "expected a matrix of 12 x 2 (or at most 3 rows, of a short utterance), found 12 x 3"),
        (np.zeros((9, 2)), "expected a matrix of 12 x 2 (or at most 3 rows, of a short utterance), found 9 x 2"),
        (np.full((12, 2), np.nan), "holds NaN or infinite values"),
        (np.zeros(12), "found 12"),
    ],
)
def test_a_matrix_that_is_no_map_is_named_with_its_line(folder, matrix, reason):
    rewrite(folder, "b", matrix.astype(np.float32))
    with pytest.raises(DataError, match=re.escape(reason)) as error:
        MapTable(folder).read(1)
    assert str(error.value).startswith(f"{folder}/maps.scp:2: the map of b: ")


def test_an_ark_that_was_cut_off_is_named_with_the_line_of_its_utterance(folder):
    content = (folder / "maps.ark").read_bytes()
    (folder / "maps.ark").write_bytes(content[:-20])
    with pytest.raises(DataError, match=r"maps\.scp:3: the map of c: .*byte"):
        MapTable(folder).read(2)


def test_maps_of_another_model_are_refused(folder):
    (folder / "final.pt").write_bytes(b"weights")
    with pytest.raises(DataError, match=r"maps\.scp: these maps were not made by .*final\.pt as it is now"):
        MapTable(folder).refuse_other_model(folder / "final.pt")
    form = json.loads((folder / "maps.json").read_text())
    (folder / "maps.json").write_text(json.dumps({**form, "model": file_digest(folder / "final.pt")}))
    MapTable(folder).refuse_other_model(folder / "final.pt")


@pytest.mark.parametrize("content", ["", "[]", '{"format": "another"}'])
def test_a_file_that_does_not_describe_maps_is_named(tmp_path, content):
    (tmp_path / "maps.json").write_text(content)
    with pytest.raises(DataError, match=r"maps\.json: does not describe frame maps; steps/extract_maps\.sh makes it"):
        read_form(tmp_path / "maps.json")
    with pytest.raises(CortadoError, match=r"gone\.json: cannot be read"):
        read_form(tmp_path / "gone.json")


def test_a_key_without_a_map_has_no_row(folder):
    assert MapTable(folder).rows(["c", "z", "a"]).tolist() == [2, -1, 0]
