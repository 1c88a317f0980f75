"""f0 tables: what is no f0 is named with its recording and frame; cents are those of the definition."""

import numpy as np
import pytest

from cortado.ark import ArkWriter
from cortado.errors import DataError
from cortado.motifs.cents import cents_to_hz, hz_to_cents, read_f0_table


def write_f0(folder, *f0s: np.ndarray):
    with ArkWriter(folder / "f0.ark", folder / "f0.scp") as writer:
        for number, f0 in enumerate(f0s):
            writer.write(f"am-{number}", f0)
    return folder / "f0.scp"


def test_an_octave_is_1200_cents_a_fifth_702_and_both_ways_meet():
    np.testing.assert_allclose(hz_to_cents(np.array([55, 110, 82.5, 27.5])), [0, 1200, 701.955, -1200], atol=1e-3)
    hz = np.geomspace(30, 2000, 50)
    np.testing.assert_allclose(cents_to_hz(hz_to_cents(hz)), hz)


@pytest.mark.parametrize("value", [np.nan, np.inf, -1.0])
def test_frames_that_are_no_f0_are_named(tmp_path, value):
    good = np.array([0, 220, 221, 0, 219], np.float32)
    bad = good.copy()
    bad[[2, 4]] = value
    table = read_f0_table(write_f0(tmp_path, good, bad))
    np.testing.assert_array_equal(next(table)[1], good)
    with pytest.raises(DataError, match=f"f0.ark.*recording am-1: 2 of 5 frames are no f0, the first is frame 2, {value:g}"):
        next(table)


def test_a_matrix_and_an_empty_table_are_refused(tmp_path):
    with pytest.raises(DataError, match="recording am-0: f0 is a vector"):
        next(read_f0_table(write_f0(tmp_path, np.zeros((3, 2), np.float32))))
    (tmp_path / "empty.scp").touch()
    with pytest.raises(DataError, match="is empty"):
        next(read_f0_table(tmp_path / "empty.scp"))
