"""Lattice archives in Kaldi's formats: round trips, bytes as the format's definition has them, OpenFst as the reader's oracle."""

import gzip
import struct

import kaldifst
import numpy as np
import pytest
from worlds import best_by_words, paths_of, random_lattice

from cortado.decode.determinize import determinize
from cortado.decode.lattice import Lattice
from cortado.decode.lattice_file import read_lattice_folder, read_lattices, write_lattices
from cortado.errors import DataError


@pytest.fixture
def lattices() -> dict[str, Lattice]:
    """Determinised ones, one state by state, and one whose last arcs have words."""
    columns = ([0, 0, 1], [1, 2, 2], [4, 5, 6], [0.5, 1.25, 2.0], [-3.0, 7.5, 0.0], [1, 2, 1])
    words_to_the_end = Lattice.from_arcs(3, *columns, [9, 8, 8, 7])
    return {
        "a": determinize(random_lattice(0), 4.0, 0.5),
        "b": random_lattice(1),
        "c": words_to_the_end,
        "d": determinize(random_lattice(2), 4.0, 0.5),
    }


@pytest.mark.parametrize(("name", "text"), [("lat.1.gz", False), ("lat.ark", False), ("lat.txt", True)])
def test_what_is_written_is_read_again(tmp_path, lattices, name, text):
    write_lattices(tmp_path / name, lattices.items(), text)
    found = dict(read_lattices(tmp_path / name))
    assert list(found) == list(lattices)
    for utterance, lattice in lattices.items():
        expected, got = best_by_words(lattice, 0.5), best_by_words(found[utterance], 0.5)
        assert expected.keys() == got.keys()
        for words, (cost, *_, graph_cost, acoustic_cost) in expected.items():
            assert (got[words][0], *got[words][2:]) == pytest.approx((cost, graph_cost, acoustic_cost), rel=1e-5, abs=1e-5)
    for name, values in vars(found["a"]).items():  # determinised ones are the very same, but for costs in float32
        np.testing.assert_array_equal(np.float32(values), np.float32(vars(lattices["a"])[name]))


def test_the_same_lattices_give_the_same_bytes(tmp_path, lattices):
    for name in ("one.gz", "other.gz"):
        write_lattices(tmp_path / name, lattices.items())
    assert (tmp_path / "one.gz").read_bytes() == (tmp_path / "other.gz").read_bytes()


def test_the_bytes_are_those_of_a_compact_lattice_in_openfsts_format(tmp_path):
    """One arc of word 5 with two transition ids, then a final weight with one: written out by hand."""
    lattice = Lattice.from_arcs(3, [0, 1], [1, 2], [5, 0], [1.5, 0.25], [-2.0, 4.0], [2, 1], [11, 12, 13])
    write_lattices(tmp_path / "lat.ark", [("utt", lattice)])
    header = struct.pack("<ii6si16siiQqqq", 2125659606, 6, b"vector", 16, b"compactlattice44", 2, 0, 3, 0, 2, 1)
    not_final, weight, final = (
        struct.pack("<ffi", np.inf, np.inf, 0),
        struct.pack("<ffiii", 1.5, -2, 2, 11, 12),
        struct.pack("<ffii", 0.25, 4, 1, 13),
    )
    body = not_final + struct.pack("<qii", 1, 5, 5) + weight + struct.pack("<i", 1) + final + struct.pack("<q", 0)
    assert (tmp_path / "lat.ark").read_bytes() == b"utt " + header + body


def test_the_text_is_kaldis(tmp_path):
    lattice = Lattice.from_arcs(3, [0, 1], [1, 2], [5, 0], [1.5, 0.25], [-2.0, 4.0], [2, 1], [11, 12, 13])
    write_lattices(tmp_path / "lat.txt", [("utt", lattice)], text=True)
    assert (tmp_path / "lat.txt").read_text() == "utt \n0\t1\t5\t1.5,-2.0,11_12\n1\t0.25,4.0,13\n\n"


def test_state_level_lattices_that_openfst_wrote_are_read(tmp_path):
    lattice = random_lattice(4)
    fst = kaldifst.Lattice()
    for _ in range(lattice.num_states):
        fst.add_state()
    fst.start = 0
    fst.set_final(lattice.num_states - 1, kaldifst.LatticeWeight(0.0, 0.0))
    for arc in range(lattice.num_arcs):
        tid = int(lattice.tids[lattice.first_tid[arc]]) if lattice.first_tid[arc + 1] > lattice.first_tid[arc] else 0
        weight = kaldifst.LatticeWeight(lattice.graph_cost[arc], lattice.acoustic_cost[arc])
        fst.add_arc(int(lattice.source[arc]), kaldifst.LatticeArc(tid, int(lattice.word[arc]), weight, int(lattice.target[arc])))
    fst.write(str(tmp_path / "raw.fst"))
    (tmp_path / "raw.ark").write_bytes(b"utt " + (tmp_path / "raw.fst").read_bytes())
    ((utterance, found),) = read_lattices(tmp_path / "raw.ark")
    assert utterance == "utt"
    assert sorted(path[:2] for path in paths_of(found)) == sorted(path[:2] for path in paths_of(lattice))


def test_any_cut_of_an_archive_is_an_error_that_names_the_file(tmp_path, lattices):
    write_lattices(tmp_path / "lat.ark", [("utt", lattices["a"])])
    whole = (tmp_path / "lat.ark").read_bytes()
    for length in range(1, len(whole), 7):
        (tmp_path / "cut.ark").write_bytes(whole[:length])
        with pytest.raises(DataError, match="cut"):
            list(read_lattices(tmp_path / "cut.ark"))


def test_a_folder_is_read_in_whole_or_not_at_all(tmp_path, lattices):
    items = list(lattices.items())
    write_lattices(tmp_path / "lat.1.gz", items[:2])
    write_lattices(tmp_path / "lat.2.gz", items[2:])
    write_lattices(tmp_path / "lat.3.gz", items[1:])  # of an earlier call with more jobs
    with pytest.raises(DataError, match="num_jobs"):
        list(read_lattice_folder(tmp_path))
    (tmp_path / "num_jobs").write_text("2\n")
    assert [utterance for utterance, _ in read_lattice_folder(tmp_path)] == list(lattices)
    (tmp_path / "num_jobs").write_text("3\n")
    with pytest.raises(DataError, match=r"utterance b is in .*lat\.1\.gz already"):
        list(read_lattice_folder(tmp_path))
    (tmp_path / "num_jobs").write_text("4\n")
    with gzip.open(tmp_path / "lat.3.gz", "wb") as empty:
        empty.write(b"")
    with pytest.raises(DataError, match=r"lat\.4\.gz"):
        list(read_lattice_folder(tmp_path))
