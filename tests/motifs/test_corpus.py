"""Contours of a data directory: who sang what, what is in one unit, and which matrices are no contours."""

import sys
from pathlib import Path

import numpy as np
import pytest

from cortado.ark import ArkWriter
from cortado.datadir import DataDir
from cortado.errors import DataError
from cortado.motifs.corpus import read_contours

sys.path.append(str(Path(__file__).parent))
from toy_contours import contour, write_data_dir


@pytest.fixture
def data(tmp_path) -> Path:
    write_data_dir(tmp_path / "data", {"r1": [[1, 2], [3]], "r2": [[4]], "r3": [[5, 6]]})
    (tmp_path / "data/utt2spk").write_text("r1 zoë\nr2 ana\nr3 zoë\n")  # recordings need not begin with their singer
    return tmp_path / "data"


def test_the_recordings_of_a_singer_come_together(data):
    corpus = read_contours(DataDir(data))
    assert (corpus.recordings, corpus.singers) == (["r2", "r1", "r3"], ["ana", "zoë", "zoë"])
    assert corpus.symbols.tolist() == [0, 4, 0, 1, 2, 0, 3, 0, 5, 6]
    assert {unit: corpus.units(unit).tolist() for unit in ("phrase", "recording", "singer", "corpus")} == {
        "phrase": [0, 0, 1, 1, 1, 2, 2, 3, 3, 3],
        "recording": [0, 0, 1, 1, 1, 1, 1, 2, 2, 2],
        "singer": [0, 0, 1, 1, 1, 1, 1, 1, 1, 1],
        "corpus": [0] * 10,
    }


def test_parts_count_their_units_from_0(data):
    ana, zoe = read_contours(DataDir(data)).parts("singer")
    assert (ana.present("recording"), zoe.present("recording"), zoe.present("singer")) == (["r2"], ["r1", "r3"], ["zoë"])
    assert zoe.units("phrase").tolist() == [0, 0, 0, 1, 1, 2, 2, 2]
    assert zoe.units("recording").tolist() == [0, 0, 0, 0, 0, 1, 1, 1] and not zoe.units("singer").any()
    np.testing.assert_array_equal(np.concatenate([ana.starts, zoe.starts]), read_contours(DataDir(data)).starts)


GOOD = contour([[1, 2]])


@pytest.mark.parametrize(
    ("matrix", "message"),
    [
        (GOOD[:, :3], r"4 columns, this one has shape \(3, 3\)"),
        (GOOD[1:], "that of the first segment 0"),
        (GOOD + [[0, 0, 0, 0.5]] * 3, "symbols must be whole numbers"),
        (GOOD[::-1] * [1, 1, 1, 0], "segments must follow one another"),
        (np.where(GOOD == 1, np.nan, GOOD), "NaN or infinite"),
    ],
)
def test_matrices_that_are_no_contours_are_named(data, matrix, message):
    with ArkWriter(data / "contour.ark", data / "contour.scp") as writer:
        writer.write("r1", GOOD)
        writer.write("r2", matrix.astype(np.float32))
    with pytest.raises(DataError, match=f"contour.scp: r2: .*{message}"):
        read_contours(DataDir(data))
