"""Kaldi's text form: its own samples are understood, and ours gives kaldiio and us the same numbers back, bit for bit."""

import kaldiio
import numpy as np
import pytest

from cortado import ark
from cortado.ark.format import FormatError
from cortado.ark.text import format_text, parse_text


def random_floats(shape: tuple[int, ...], dtype) -> np.ndarray:
    """Finite floats of every size: random bits."""
    bits = np.random.default_rng(3).integers(0, 256, (*shape, np.dtype(dtype).itemsize), dtype=np.uint8)
    values = bits.view(dtype)[..., 0]
    return np.where(np.isfinite(values), values, 0.1).astype(dtype)


@pytest.mark.parametrize("shape", [(40, 6), (1, 3), (3, 1), (1, 1), (50,), (1,)])
def test_float32_comes_back_bit_for_bit_through_kaldiio_and_through_us(tmp_path, shape):
    array = random_floats(shape, np.float32)
    (tmp_path / "x.ark").write_text(f"k {format_text(array)}l {format_text(array)}")
    for table in (dict(kaldiio.load_ark(str(tmp_path / "x.ark"))), dict(ark.open_table(f"{tmp_path}/x.ark"))):
        assert list(table) == ["k", "l"]
        for found in table.values():
            assert found.dtype == np.float32 and found.shape == shape
            np.testing.assert_array_equal(found.view(np.uint32), array.view(np.uint32))


def test_int_vectors_come_back_through_kaldiio_and_through_us(tmp_path):
    array = np.array([5, -7, 2**31 - 1, -(2**31)], dtype=np.int32)
    (tmp_path / "x.ark").write_text(f"k {format_text(array)}")
    for table in (dict(kaldiio.load_ark(str(tmp_path / "x.ark"))), dict(ark.open_table(f"{tmp_path}/x.ark"))):
        np.testing.assert_array_equal(table["k"], array)
        assert table["k"].dtype == np.int32


def test_float64_digits_are_enough_to_give_the_same_number():
    array = random_floats((200,), np.float64)
    assert [float(word) for word in format_text(array).split()[1:-1]] == array.tolist()


def test_the_layout_is_that_of_copy_feats_and_copy_int_vector():
    assert format_text(np.array([[1, 0.5], [-2, 1e-5]], dtype=np.float32)) == " [\n  1.0 0.5 \n  -2.0 1.0e-05 ]\n"
    assert format_text(np.array([1, np.nan, np.inf], dtype=np.float32)) == " [ 1.0 nan inf ]\n"
    assert format_text(np.array([3, 4], dtype=np.int32)) == "3 4 \n"
    assert format_text(np.zeros((0, 0), np.float32)) == " [ ]\n"
    assert format_text(np.zeros(0, np.float32)) == " [ ]\n"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (b" [\n  0 1.5 \n  2 3 ]\n", np.array([[0, 1.5], [2, 3]], np.float32)),  # kaldiio takes the first for a table of integers
        (b" [ 1 -nan inf -inf ]\n", np.array([1, np.nan, np.inf, -np.inf], np.float32)),
        (b"[1 2]", np.array([1, 2], np.float32)),
        (b" [\n 1 2\n 3 4\n]\n", np.array([[1, 2], [3, 4]], np.float32)),
        (b" [ ]\n", np.zeros(0, np.float32)),
        (b"1 2 3 \n", np.array([1, 2, 3], np.int32)),
        (b"0.5\n", np.array([0.5], np.float32)),
        (b"\n", np.zeros(0, np.int32)),
    ],
)
def test_kaldis_samples_are_understood(text, expected):
    found = parse_text(text)
    assert found.dtype == expected.dtype
    np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("array", [np.zeros((2, 2, 2), np.uint8), np.zeros(2, np.int64), np.zeros((2, 2), np.int32)])
def test_what_kaldi_cannot_write_as_text_is_refused(array):
    with pytest.raises(FormatError, match="no text form"):
        format_text(array)
