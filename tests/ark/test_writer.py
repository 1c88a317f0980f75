"""Writing: the bytes are kaldiio's and Kaldi's, files appear whole or not at all, and what has no place in an ark is refused."""

import struct

import kaldiio
import numpy as np
import pytest

from cortado import ark
from cortado.errors import CortadoError


def files_in(folder) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_bytes_and_scp_are_those_of_kaldiio(tmp_path, monkeypatch, every_kind):
    monkeypatch.chdir(tmp_path)
    table = {kind: every_kind[kind] for kind in ("FM", "DM", "FV", "DV", "IV")}
    table |= {"fortran": np.asfortranarray(every_kind["FM"]), "strided": every_kind["DM"][::2, 1:], "reversed": every_kind["FV"][::-1]}
    table |= {"ü empty": np.zeros(0, np.float32), "no ints": np.zeros(0, np.int32), "nothing": np.zeros((0, 0), np.float32)}
    table = {key.replace(" ", "-"): array for key, array in table.items()} | {"nan": np.full((2, 2), np.nan, np.float32)}
    kaldiio.save_ark("x.ark", table, scp="x.scp")
    expected = (tmp_path / "x.ark").read_bytes(), (tmp_path / "x.scp").read_bytes()
    with ark.ArkWriter("x.ark", "x.scp") as writer:
        for key, array in table.items():
            writer.write(key, array)
    assert ((tmp_path / "x.ark").read_bytes(), (tmp_path / "x.scp").read_bytes()) == expected


def test_bytes_are_those_that_kaldi_documents(tmp_path):
    """Written out by hand after kaldi/src/matrix/kaldi-matrix.cc and util/kaldi-holder-inl.h."""
    with ark.ArkWriter(tmp_path / "x.ark") as writer:
        writer.write("m", np.array([[1, 2, 3], [4, 5, 6]], dtype=np.float32))
        writer.write("i", np.array([7, -1], dtype=np.int32))
    matrix = b"m \0BFM \x04\x02\0\0\0\x04\x03\0\0\0" + struct.pack("<6f", 1, 2, 3, 4, 5, 6)
    assert (tmp_path / "x.ark").read_bytes() == matrix + b"i \0B\x04\x02\0\0\0\x04\x07\0\0\0\x04\xff\xff\xff\xff"


def test_volumes_are_kaldiios_npy_entries(tmp_path, every_kind):
    for name, volume in (("NPY", every_kind["NPY"]), ("turned", every_kind["NPY"].T)):
        kaldiio.save_ark(str(tmp_path / "x.ark"), {name: np.ascontiguousarray(volume)}, write_function="numpy")
        with ark.ArkWriter(tmp_path / "y.ark") as writer:
            writer.write(name, volume)
        assert (tmp_path / "x.ark").read_bytes() == (tmp_path / "y.ark").read_bytes()


def test_compression_is_kaldis_two_byte_format_and_as_exact_as_two_bytes_allow(tmp_path):
    rng = np.random.default_rng(0)
    table = {"a": rng.normal(size=(300, 20)).astype(np.float32), "b": rng.normal(size=(4, 2)), "c": np.full((3, 3), -7, np.float32)}
    kaldiio.save_ark(str(tmp_path / "x.ark"), table, compression_method=3)
    with ark.ArkWriter(tmp_path / "y.ark", compress=True) as writer:
        for key, array in table.items():
            writer.write(key, array)
    assert (tmp_path / "x.ark").read_bytes() == (tmp_path / "y.ark").read_bytes()
    for key, array in ark.open_table(f"{tmp_path}/y.ark"):
        step = np.ptp(table[key]) / 65535 or 1e-4
        assert np.abs(array - table[key]).max() < 0.51 * step + 1e-5


def test_compression_leaves_vectors_volumes_and_empty_matrices_exact(tmp_path, every_kind):
    table = {kind: every_kind[kind] for kind in ("FV", "DV", "IV", "NPY")} | {"empty": np.zeros((0, 0), np.float32)}
    with ark.ArkWriter(tmp_path / "x.ark", compress=True) as writer:
        for key, array in table.items():
            writer.write(key, array)
    for key, array in ark.open_table(f"{tmp_path}/x.ark"):
        np.testing.assert_array_equal(array, table[key])


def test_nothing_is_visible_before_the_end_and_both_files_are_whole_after(tmp_path):
    with ark.ArkWriter(tmp_path / "new" / "x.ark", tmp_path / "scps" / "x.scp") as writer:
        writer.write("a", np.zeros((10000, 40), np.float32))
        assert not (tmp_path / "new/x.ark").exists() and not (tmp_path / "scps/x.scp").exists()
    assert files_in(tmp_path / "new") == ["x.ark"] and files_in(tmp_path / "scps") == ["x.scp"]
    assert (tmp_path / "scps/x.scp").read_text() == f"a {tmp_path}/new/x.ark:2\n"


def test_an_exception_leaves_no_file_and_the_old_ones_untouched(tmp_path):
    for content in (1, 2):
        try:
            with ark.ArkWriter(tmp_path / "x.ark", tmp_path / "x.scp") as writer:
                writer.write(f"key{content}", np.full(3, content, np.float32))
                if content == 2:
                    raise KeyboardInterrupt
        except KeyboardInterrupt:
            pass
    assert files_in(tmp_path) == ["x.ark", "x.scp"]
    assert dict(ark.open_table(f"{tmp_path}/x.scp")).keys() == {"key1"}


@pytest.mark.parametrize("size", [200, 2_000_000])  # found full when the file is closed, and while it is written
def test_a_full_disk_is_an_error_naming_the_file_and_leaves_nothing(tmp_path, size, disk_full_after):
    message = rf"cannot write {tmp_path}/x\.ark: File too large"
    with disk_full_after(100), pytest.raises(CortadoError, match=message), ark.ArkWriter(tmp_path / "x.ark", tmp_path / "x.scp") as writer:
        writer.write("a", np.zeros(size // 4, np.float32))
    assert files_in(tmp_path) == []


def test_a_folder_that_cannot_be_made_is_an_error_naming_the_file(tmp_path):
    (tmp_path / "file").touch()
    for name, paths in {"x.ark": ["file/x.ark"], "x.scp": ["x.ark", "file/x.scp"]}.items():
        with (
            pytest.raises(CortadoError, match=f"cannot write .*file/{name}: File exists"),
            ark.ArkWriter(*(tmp_path / path for path in paths)),
        ):
            pass
    assert files_in(tmp_path) == ["file"]


@pytest.mark.parametrize(
    ("array", "reason"),
    [
        (np.zeros((2, 2), np.float16), "float16 of 2 dimensions"),
        (np.zeros(2, np.int64), "int64 of 1 dimensions"),
        (np.zeros((2, 2), np.int32), "int32 of 2 dimensions"),
        (np.zeros(2, np.uint8), "uint8 of 1 dimensions"),
        (np.zeros((2, 2, 2), np.float32), "float32 of 3 dimensions"),
        (np.zeros(2, ">f4"), ">f4 of 1 dimensions"),
        ([1.0, 2.0], "a list"),
        (np.zeros((0, 40), np.float32), "a matrix of 0 x 40 is empty"),
    ],
)
def test_an_array_without_a_kaldi_form_is_refused_by_its_key(tmp_path, array, reason):
    with pytest.raises(CortadoError, match=f"utt-1: .*{reason}"), ark.ArkWriter(tmp_path / "x.ark") as writer:
        writer.write("utt-1", array)
    assert files_in(tmp_path) == []


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_compression_refuses_what_would_spoil_the_whole_matrix(tmp_path, value):
    with pytest.raises(CortadoError, match=r"utt-1: .*NaN or infinite"), ark.ArkWriter(tmp_path / "x.ark", compress=True) as writer:
        writer.write("utt-1", np.array([[1, value]], dtype=np.float32))


@pytest.mark.parametrize(
    ("keys", "reason"), [(["a", "b", "a"], "key a is written for the second time"), (["a b"], "cannot be a key"), ([""], "cannot be a key")]
)
def test_keys_are_unique_words(tmp_path, keys, reason):
    with pytest.raises(CortadoError, match=reason), ark.ArkWriter(tmp_path / "x.ark") as writer:
        for key in keys:
            writer.write(key, np.zeros(1, np.float32))
