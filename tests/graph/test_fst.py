"""Transducers as arrays: the bytes OpenFst reads and writes, and what a damaged file is answered with."""

import shutil
import subprocess

import kaldifst
import numpy as np
import pytest

from cortado.errors import CortadoError, DataError
from cortado.graph.exchange import from_kaldifst, to_kaldifst
from cortado.graph.fst import Fst

HEADER = 66  # bytes


def random_fst(seed: int, num_states: int = 50, num_arcs: int = 300) -> Fst:
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 20, (2, num_arcs))
    final = np.where(rng.random(num_states) < 0.3, rng.exponential(size=num_states), np.inf)
    source, nextstate = rng.integers(0, num_states, (2, num_arcs))
    return Fst.from_arcs(num_states, 3, source, *labels, rng.normal(size=num_arcs), nextstate, final)


def assert_same(one: Fst, two: Fst) -> None:
    assert one.start == two.start
    for mine, other in zip(one[1:], two[1:], strict=True):
        assert mine.dtype == other.dtype
        np.testing.assert_array_equal(mine, other)


@pytest.mark.parametrize(
    "fst",
    [random_fst(0), Fst.from_arcs(1, 0, [], [], [], [], [], [np.inf]), Fst.from_arcs(0, -1, [], [], [], [], [], [])],
    ids=["random", "one", "none"],
)
def test_a_file_of_ours_is_read_back_and_has_the_body_that_openfst_writes(fst, tmp_path):
    fst.write(tmp_path / "ours")
    assert_same(Fst.read(tmp_path / "ours"), fst)
    kaldifst.StdVectorFst.read(str(tmp_path / "ours")).write(str(tmp_path / "openfst"))
    assert (tmp_path / "ours").read_bytes()[HEADER:] == (tmp_path / "openfst").read_bytes()[HEADER:]
    assert (tmp_path / "ours").stat().st_size == fst.num_bytes


def test_kaldifst_gets_the_same_transducer_and_gives_it_back():
    fst = random_fst(2)
    assert_same(from_kaldifst(to_kaldifst(fst)), fst)


def test_openfst_tools_read_our_files(tmp_path):
    if not shutil.which("fstprint"):
        pytest.skip("needs OpenFst's tools (Debian: libfst-tools)")
    fst = random_fst(3)
    fst.write(tmp_path / "fst")
    printed = subprocess.run(["fstprint", tmp_path / "fst"], capture_output=True, text=True, check=True).stdout
    rows = [line.split("\t") for line in printed.splitlines()]
    arcs = sorted(tuple(map(int, row[:4])) for row in rows if len(row) > 3)
    assert arcs == sorted(zip(fst.sources().tolist(), fst.nextstate.tolist(), fst.ilabel.tolist(), fst.olabel.tolist(), strict=True))
    assert int(rows[0][0]) == fst.start  # OpenFst prints the start state first


def test_arcs_keep_their_order_within_a_state_and_may_come_in_any():
    fst = Fst.from_arcs(2, 0, [1, 0, 1, 0], [4, 3, 2, 1], [0, 0, 0, 0], [0, 0, 0, 0], [0, 1, 1, 0], [0, 0])
    assert fst.ilabel.tolist() == [3, 1, 4, 2]
    assert fst.sources().tolist() == [0, 0, 1, 1]
    assert fst.sorted_by("ilabel").ilabel.tolist() == [1, 3, 2, 4]


@pytest.mark.parametrize("kept", [0, 3, 40, HEADER + 5, -4])
def test_a_cut_file_is_named(kept, tmp_path):
    random_fst(4).write(tmp_path / "whole")
    (tmp_path / "cut").write_bytes((tmp_path / "whole").read_bytes()[:kept])
    with pytest.raises(DataError, match="cut"):
        Fst.read(tmp_path / "cut")


def test_an_arc_to_a_state_that_is_not_there_is_refused(tmp_path):
    Fst.from_arcs(2, 0, [0], [1], [1], [0.5], [7], [0, 0]).write(tmp_path / "fst")
    with pytest.raises(DataError, match="outside 0 to 1"):
        Fst.read(tmp_path / "fst")


def test_a_const_fst_is_refused_with_the_command_that_converts_it(tmp_path):
    random_fst(5).write(tmp_path / "vector")
    (tmp_path / "const").write_bytes((tmp_path / "vector").read_bytes().replace(b"\x06\0\0\0vector", b"\x05\0\0\0const", 1))
    with pytest.raises(DataError, match="fstconvert --fst_type=vector"):
        Fst.read(tmp_path / "const")


def test_a_full_disk_while_handing_over_to_kaldifst_is_explained(disk_full_after):
    large = random_fst(6, 1000, 30_000)
    with disk_full_after(100_000), pytest.raises(CortadoError, match="set TMPDIR to a folder with room"):
        to_kaldifst(large)
