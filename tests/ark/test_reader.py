"""Random access: whole objects, parts and shapes equal kaldiio's; parts cost parts; descriptors are few and never stale."""

import multiprocessing
import os
from pathlib import Path

import kaldiio
import numpy as np
import pytest

from cortado import ark
from cortado.errors import CortadoError, DataError

PARTS = [(0, 11), (0, 0), (11, 11), (4, 4), (0, 1), (10, 11), (3, 8)]


@pytest.fixture(scope="module")
def rxfiles(kaldiio_ark) -> dict[str, str]:
    return {entry.key: f"{kaldiio_ark}:{entry.offset}" for entry in ark.scan(kaldiio_ark)}


def test_every_kind_reads_as_kaldiio_reads_it(rxfiles, as_kaldiio_reads):
    assert list(rxfiles) == list(as_kaldiio_reads)
    for kind, expected in as_kaldiio_reads.items():
        array = ark.read(rxfiles[kind])
        assert array.dtype == expected.dtype and array.flags.writeable and array.flags.c_contiguous, kind
        np.testing.assert_array_equal(array, expected, err_msg=kind)
        assert ark.read_shape(rxfiles[kind]) == expected.shape, kind


def test_a_part_is_the_slice_of_the_whole_for_every_kind(rxfiles):
    for kind, rxfile in rxfiles.items():
        whole = ark.read(rxfile)
        for start, stop in PARTS:
            part = ark.read_part(rxfile, start, stop)
            assert part.dtype == whole.dtype and part.flags.c_contiguous
            np.testing.assert_array_equal(part, whole[start:stop], err_msg=f"{kind} {start} {stop}")


@pytest.mark.parametrize("part", [(-1, 3), (5, 4), (0, 12), (12, 12)])
def test_a_part_outside_the_object_is_an_error_not_a_shorter_array(rxfiles, part):
    with pytest.raises(CortadoError, match="it has 11"):
        ark.read_part(rxfiles["FM"], *part)


def test_ranges_are_kaldis_both_ends_included(rxfiles):
    whole = ark.read(rxfiles["FM"])
    for text, expected in {
        "[0:4]": whole[:5],
        "[3:3]": whole[3:4],
        "[2:5,1:2]": whole[2:6, 1:3],
        "[:,0:1]": whole[:, :2],
        "[,2:2]": whole[:, 2:],
        "[8:13]": whole[8:],  # Kaldi lets a range run over by up to three frames
    }.items():
        np.testing.assert_array_equal(ark.read(rxfiles["FM"] + text), expected, err_msg=text)
        assert ark.read_shape(rxfiles["FM"] + text) == expected.shape
    np.testing.assert_array_equal(ark.read_part(rxfiles["FM"] + "[2:9,1:2]", 1, 4), whole[3:6, 1:3])
    np.testing.assert_array_equal(ark.read(rxfiles["IV"] + "[2:5]"), ark.read(rxfiles["IV"])[2:6])


@pytest.mark.parametrize("text", ["[8:14]", "[11:12]", "[5:4]"])
def test_a_range_outside_the_object_is_an_error(rxfiles, text):
    with pytest.raises(DataError, match="11 rows"):
        ark.read(rxfiles["FM"] + text)
    with pytest.raises(DataError):
        ark.read(rxfiles["IV"] + "[0:1,0:1]")


def test_a_part_costs_the_bytes_of_the_part(tmp_path):
    """Counted by the kernel: 200 frames of a matrix of 8 MB."""
    matrix = np.random.default_rng(0).normal(size=(50000, 40)).astype(np.float32)
    volume = np.zeros((2000, 40, 40), dtype=np.uint8)
    for kind, options in {
        "FM": {},
        "CM": {"compression_method": 2},
        "CM2": {"compression_method": 3},
        "NPY": {"write_function": "numpy"},
    }.items():
        path = str(tmp_path / f"{kind}.ark")
        kaldiio.save_ark(path, {"long": volume if kind == "NPY" else matrix}, **options)
        row_bytes = {"FM": 160, "CM": 40, "CM2": 80, "NPY": 1600}[kind]
        ark.read_shape(f"{path}:5")
        before = bytes_read()
        ark.read_part(f"{path}:5", 700, 900)
        assert bytes_read() - before < 200 * row_bytes + 4096, kind


def bytes_read() -> int:
    return int(Path("/proc/self/io").read_text().split()[1])


def test_text_and_gzip_and_commands_can_be_read_at_a_place(tmp_path):
    path = tmp_path / "text.ark"
    path.write_bytes(b"a  [\n  1 2 \n  3 4.5 ]\nb 1 2 3 \n")
    np.testing.assert_array_equal(ark.read(f"{path}:2"), np.array([[1, 2], [3, 4.5]], dtype=np.float32))
    np.testing.assert_array_equal(ark.read_part(f"{path}:2", 1, 2), [[3, 4.5]])
    assert ark.read_shape(f"{path}:24") == (3,)
    np.testing.assert_array_equal(ark.read(f"tail -c +25 {path} |"), np.array([1, 2, 3], dtype=np.int32))


def test_a_file_with_one_object_and_no_key_is_read_without_offset(tmp_path, every_kind):
    kaldiio.save_mat(str(tmp_path / "cmvn: global"), every_kind["DM"])
    np.testing.assert_array_equal(ark.read(str(tmp_path / "cmvn: global")), every_kind["DM"])


def test_a_replaced_ark_is_read_anew(tmp_path):
    path = tmp_path / "x.ark"
    for value in (1, 2, 3):
        with ark.ArkWriter(path) as writer:
            writer.write("k", np.full(4, value, dtype=np.float32))
        np.testing.assert_array_equal(ark.read(f"{path}:2"), [value] * 4)


def test_descriptors_stay_few_however_many_arks_are_read(tmp_path):
    for number in range(200):
        kaldiio.save_ark(str(tmp_path / f"{number}.ark"), {"k": np.full(2, number, dtype=np.float32)})
    for number in range(200):
        assert ark.read(f"{tmp_path}/{number}.ark:2")[0] == number
    assert len(os.listdir("/proc/self/fd")) < 180  # noqa: PTH208


def test_forked_workers_share_an_open_ark_without_harm(tmp_path):
    path = str(tmp_path / "x.ark")
    with ark.ArkWriter(path, f"{path}.scp") as writer:
        for number in range(100):
            writer.write(f"k{number}", np.full((50, 4), number, dtype=np.float32))
    scp = list(ark.read_scp(f"{path}.scp").values())
    ark.read(scp[0])
    with multiprocessing.get_context("fork").Pool(3) as pool:
        arrays = pool.map(ark.read, scp * 5, chunksize=1)
    assert all((array == number % 100).all() for number, array in enumerate(arrays))


def test_errors_name_file_and_byte(tmp_path, kaldiio_ark):
    with pytest.raises(DataError, match=r"no such file \(looked for from"):
        ark.read("nowhere.ark:5")
    with pytest.raises(DataError, match="byte 99999: no object begins here"):
        ark.read(f"{kaldiio_ark}:99999")
    with pytest.raises(DataError, match=r"every kind\.ark: byte 0: no object begins with b'FM"):
        ark.read(f"{kaldiio_ark}:0")
    with pytest.raises(DataError, match=r"byte 2: no object begins with b' "):
        ark.read(f"{kaldiio_ark}:2")  # the space before the first object
    (tmp_path / "short.ark").write_bytes(kaldiio_ark.read_bytes()[:100])
    with pytest.raises(DataError, match=r"short.ark: byte 3: matrix of 11 x 3 needs 132 bytes, 82 are left"):
        ark.read(f"{tmp_path}/short.ark:3")
    with pytest.raises(DataError, match="cannot be read: Is a directory"):
        ark.read(str(tmp_path))
    with pytest.raises(CortadoError, match="empty"):
        ark.read("  ")
