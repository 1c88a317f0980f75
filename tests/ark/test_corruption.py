"""Damaged arks: cut at every byte, every bit of every header flipped. What is whole is read right, the rest is a DataError."""

import contextlib
import gzip
import os
import re
import warnings

import numpy as np
import pytest

from cortado import ark
from cortado.errors import DataError

TEXT = b"a  [\n  1.5 2 \n  3 4 ]\nb  [ 0.25 -1e-3 nan ]\nc 7 8 9 \nd \ne  [ ]\n"
TEXT_ENDS = [len(TEXT[: TEXT.index(end) + len(end)]) for end in (b"4 ]", b"nan ]", b"9 \n", b"d \n", b"[ ]")]


def read_until_error(path) -> tuple[dict[str, np.ndarray], str]:
    """What could be read, and the message of the DataError that ended it ('' for none)."""
    objects = {}
    try:
        for key, array in ark.open_table(f"ark:{path}"):
            objects[key] = array
    except DataError as error:
        return objects, str(error)
    return objects, ""


def check_cut(path, data: bytes, cut: int, ends: dict[str, int], expected: dict[str, np.ndarray]) -> None:
    os.truncate(path, cut)
    objects, message = read_until_error(path)
    assert list(objects) == [key for key, end in ends.items() if end <= cut], cut
    for key, array in objects.items():
        np.testing.assert_array_equal(array, expected[key])
    where = re.match(rf"{re.escape(str(path))}: byte (\d+)", message)
    assert (where and int(where[1]) <= cut) or (not message and (cut == 0 or cut in ends.values() or data[cut - 1 : cut] == b"\n")), (
        cut,
        message,
    )


def test_a_binary_ark_cut_anywhere_gives_its_whole_objects_then_an_error_with_the_byte(tmp_path, kaldiio_ark, as_kaldiio_reads):
    data = kaldiio_ark.read_bytes()
    starts = [entry.offset - len(entry.key) - 1 for entry in ark.scan(kaldiio_ark)] + [len(data)]
    ends = dict(zip(as_kaldiio_reads, starts[1:], strict=True))
    (tmp_path / "cut.ark").write_bytes(data)
    for cut in range(len(data), -1, -1):
        check_cut(tmp_path / "cut.ark", data, cut, ends, as_kaldiio_reads)
        scanned = []
        try:
            for entry in ark.scan(tmp_path / "cut.ark"):
                scanned.append(entry.key)
            complete = True
        except DataError as error:
            complete = False
            assert "byte" in str(error)
        assert scanned == [key for key, end in ends.items() if end <= cut]
        assert complete == (cut == 0 or cut in ends.values())


def test_a_text_ark_cut_anywhere_gives_its_whole_objects_then_an_error_with_the_byte(tmp_path):
    (tmp_path / "whole.ark").write_bytes(TEXT)
    expected, message = read_until_error(tmp_path / "whole.ark")
    assert not message and list(expected) == list("abcde")
    ends = dict(zip(expected, TEXT_ENDS, strict=True))
    (tmp_path / "cut.ark").write_bytes(TEXT)
    for cut in range(len(TEXT), -1, -1):
        check_cut(tmp_path / "cut.ark", TEXT, cut, ends, expected)


def test_random_reads_of_a_cut_ark_are_right_or_an_error(tmp_path, kaldiio_ark, as_kaldiio_reads):
    data = kaldiio_ark.read_bytes()
    entries = list(ark.scan(kaldiio_ark))
    ends = [entry.offset - len(entry.key) - 1 for entry in entries[1:]] + [len(data)]
    path = tmp_path / "cut.ark"
    path.write_bytes(data)
    for cut in range(len(data) - 1, -1, -7):
        os.truncate(path, cut)
        for entry, end in zip(entries, ends, strict=True):
            if end <= cut:
                np.testing.assert_array_equal(ark.read(f"{path}:{entry.offset}"), as_kaldiio_reads[entry.key])
                continue
            for call in (ark.read, ark.read_shape, lambda rxfile: ark.read_part(rxfile, 0, 1)):
                with pytest.raises(DataError, match=f"byte {entry.offset}"):
                    call(f"{path}:{entry.offset}")


def test_a_flipped_bit_in_a_header_gives_another_array_or_a_dataerror_and_nothing_else(tmp_path, kaldiio_ark):
    """Also an absurd size must not be claimed from memory before the file is seen to hold it."""
    data = kaldiio_ark.read_bytes()
    path = tmp_path / "flipped.ark"
    for entry in ark.scan(kaldiio_ark):
        whole = data[entry.offset - len(entry.key) - 1 :][: entry.num_bytes + 200]
        path.write_bytes(whole)
        with path.open("r+b", buffering=0) as file, warnings.catch_warnings():
            warnings.simplefilter("ignore")  # numpy on overflowing ranges
            for bit in range(8 * (len(entry.key) + 1 + (150 if entry.kind == "NPY" else 24))):
                os.pwrite(file.fileno(), bytes([whole[bit // 8] ^ 1 << bit % 8]), bit // 8)
                read_until_error(path)
                with contextlib.suppress(DataError):
                    ark.read_shape(f"{path}:{len(entry.key) + 1}")
                    ark.read_part(f"{path}:{len(entry.key) + 1}", 0, 1)
                os.pwrite(file.fileno(), whole[bit // 8 : bit // 8 + 1], bit // 8)


def test_an_absurd_size_in_a_stream_of_unknown_length_is_an_error_not_a_claim_on_memory(tmp_path):
    (tmp_path / "x.gz").write_bytes(gzip.compress(b"k \0BDM \4\xff\xff\xff\x7f\4\xff\xff\xff\x7f" + b"12345678" * 4))
    with pytest.raises(DataError, match=r"byte 2 \(k\): matrix of 2147483647 x 2147483647 needs .* bytes, 32 are left"):
        list(ark.open_table(f"{tmp_path}/x.gz"))


def test_the_message_names_file_byte_and_key(tmp_path):
    with ark.ArkWriter(tmp_path / "feats.ark") as writer:
        for number in range(3):
            writer.write(f"utt-{number}", np.zeros((998, 80), dtype=np.float32))
    data = (tmp_path / "feats.ark").read_bytes()
    (tmp_path / "feats.ark").write_bytes(data[:-319240])
    with pytest.raises(DataError) as error:
        list(ark.open_table(f"{tmp_path}/feats.ark"))
    assert str(error.value) == f"{tmp_path}/feats.ark: byte {2 * 319381 + 6} (utt-2): matrix of 998 x 80 needs 319360 bytes, 120 are left"


@pytest.mark.parametrize(
    ("entry", "reason"),
    [
        (b"k AUDIO\x02\x10\x10....", "this entry is audio"),
        (b"k RIFF....WAVE", "this entry is audio"),
        (b"k PKL....", "a Python pickle"),
        (b"k \0BXX \4....", "unknown kind of object b'XX"),
        (b"k \0BFM \4\xff\xff\xff\xff\4\x01\0\0\0", "its header gives the size as"),
        (b"k \0B\4\x01\0\0\0\x08\x01\0\0\0", "not marked as four bytes"),
        (b"k \0BCM2 \0\0\xc0\x7f\0\0\0\0\1\0\0\0\1\0\0\0..", "nan"),
        (b"k [ 1 2 \n 3 ]\n", "row 1 has 1 values, row 0 has 2"),
        (b"k [ 1 x ]\n", "not a matrix or vector in Kaldi's text form"),
        (b"k [ 1 ] [ 2 ]\n", "something follows its ']'"),
        (b"k 1 99999999999 \n", "not a matrix or vector in Kaldi's text form"),
        (b"\xff\xfe \0BFV \4\0\0\0\0", "a key and a space should be here"),
        (b"\0BFV \4\0\0\0\0", "a key and a space should be here"),
        (b"x" * 5000, "a key and a space should be here"),
    ],
)
def test_what_is_no_object_is_said_to_be_none(tmp_path, entry, reason):
    (tmp_path / "x.ark").write_bytes(entry)
    with pytest.raises(DataError, match=re.escape(reason)) as error:
        list(ark.open_table(f"{tmp_path}/x.ark"))
    assert "x.ark: byte" in str(error.value)
