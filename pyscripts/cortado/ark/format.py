"""The bytes of one Kaldi object: what its header says, where its rows lie, and how they become an array.

Nothing here opens a file: `read_header` looks at bytes through a function, `row_spans` says which bytes hold some rows,
`decode` turns those bytes into numbers. So one description serves whole reads, part reads and scans, of files and pipes.

An object in an ark, after its key and one space (all numbers little-endian; kaldi/src/matrix, kaldi/src/util/kaldi-holder-inl.h):

    FM, DM          \\0 B "FM " \\4 int32 rows \\4 int32 cols, then rows x cols float32 (FM) or float64 (DM), row by row
    FV, DV          \\0 B "FV " \\4 int32 size, then the values
    IV              \\0 B \\4 int32 size, then \\4 int32 for each value (alignments; Kaldi gives them no name, IV is ours)
    CM              \\0 B "CM " float32 min, range, int32 rows, cols; four uint16 percentiles a column; a byte a value, by columns
    CM2, CM3        \\0 B "CM2 " the same 16 bytes, then a uint16 (CM2) or a byte (CM3) a value, row by row
    NPY             "NPY", one byte n, n bytes of length, then a numpy .npy file (kaldiio's own extension)
"""

import io
import math
import struct
import tokenize
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from kaldiio.compression_header import GlobalHeader, PerColHeader

_SIZE, _TWO_SIZES = struct.Struct("<bi"), struct.Struct("<bibi")
_FLOATS = {
    b"FM ": (np.dtype("<f4"), _TWO_SIZES),
    b"DM ": (np.dtype("<f8"), _TWO_SIZES),
    b"FV ": (np.dtype("<f4"), _SIZE),
    b"DV ": (np.dtype("<f8"), _SIZE),
}
_KNOWN = "FM, DM, FV, DV, CM, CM2, CM3, int vectors, NPY and text"
_CODE_BYTES = {"CM": 1, "CM2": 2, "CM3": 1}  # bytes of one compressed value
_PERCENTILE_BYTES = 8  # of one column of a CM
INT_ENTRY = np.dtype([("size", "u1"), ("value", "<i4")])
HEAD_BYTES = 64  # longer than any header but that of an NPY entry
_TEXT_BEGINNINGS = frozenset(bytes([byte]) for byte in b"\n[+-.0123456789ni")
_FOREIGN = {b"AUDIO": "audio", b"RIFF": "audio", b"fLaC": "audio", b"PKL": "a Python pickle"}


class FormatError(ValueError):
    """What is wrong with the bytes of one object. The caller knows file, byte offset and key, and adds them."""


class Header(NamedTuple):
    """What the header of an object says."""

    kind: str  # FM DM FV DV IV CM CM2 CM3 NPY, or "text"
    shape: tuple[int, ...]
    dtype: np.dtype  # of the array that a reader gets
    start: int  # bytes from the beginning of the object to its data
    num_bytes: int  # bytes of data
    minimum: float = 0.0  # of a compressed matrix
    extent: float = 0.0  # its largest value minus its smallest
    column_major: bool = False  # an NPY in Fortran's order


def is_text(head: bytes) -> bool:
    """Whether an object that begins with these bytes is in Kaldi's text form: a number, a '[' or the end of the line."""
    return head.lstrip(b" \t")[:1] in _TEXT_BEGINNINGS


def read_header(head: bytes, peek: Callable[[int], bytes]) -> Header:
    """The header of a binary object. Raises FormatError.

    `head` holds the first HEAD_BYTES bytes of the object, `peek(n)` gives the first n (fewer where the file ends).
    """
    if head[:2] == b"\0B":
        name = head[2:5]
        if name in _FLOATS:
            return _float_header(name, head)
        if head[2:3] == b"\4":
            (size,) = _sizes(_SIZE, head, 2)
            return Header("IV", (size,), np.dtype("<i4"), 7, size * INT_ENTRY.itemsize)
        for kind in _CODE_BYTES:
            if head.startswith(f"{kind} ".encode(), 2):
                return _compressed_header(head, kind)
        raise _ends_early() if len(head) < 6 else FormatError(f"unknown kind of object {head[2:6]!r}; known are {_KNOWN}")
    if head[:3] == b"NPY":
        return _npy_header(head, peek)
    for mark, what in _FOREIGN.items():
        if head.startswith(mark):
            raise FormatError(f"this entry is {what}, not a matrix, vector or volume")
    raise _ends_early() if head in (b"\0", b"N", b"NP") else FormatError(f"no object begins with {head[:4]!r}; known are {_KNOWN}")


def missing_bytes(header: Header, left: int) -> FormatError:
    """The error for an object whose data do not all lie in the `left` bytes that follow its header."""
    return FormatError(f"{describe(header)} needs {header.num_bytes} bytes, {left} {'is' if left == 1 else 'are'} left")


def describe(header: Header) -> str:
    """For messages: 'matrix of 998 x 80'."""
    names = {1: "int vector" if header.kind == "IV" else "vector", 2: "matrix", 3: "volume"}
    return f"{names.get(len(header.shape), 'array')} of {' x '.join(map(str, header.shape))}"


def row_spans(header: Header, start: int, stop: int) -> list[tuple[int, int]]:
    """(offset from the first data byte, number of bytes) of each piece that `decode` needs for the rows [start, stop)."""
    rows = header.shape[0] if header.shape else 1
    if (start, stop) == (0, rows) or header.column_major:
        return [(0, header.num_bytes)]
    if header.kind == "CM":
        table = header.shape[1] * _PERCENTILE_BYTES
        return [(0, table)] + [(table + column * rows + start, stop - start) for column in range(header.shape[1])]
    row_bytes = header.num_bytes // rows
    return [(start * row_bytes, (stop - start) * row_bytes)]


def decode(header: Header, data: np.ndarray, start: int, stop: int) -> np.ndarray:
    """The rows [start, stop) as a writable array of their own, from the bytes (uint8) of their `row_spans` one after another."""
    shape = (stop - start, *header.shape[1:])
    if header.kind == "IV":
        return _decode_ints(header, data)
    if header.kind in _CODE_BYTES:
        return _decode_compressed(header, data, shape)
    if header.column_major:
        return np.ascontiguousarray(data.view(header.dtype).reshape(header.shape, order="F")[start:stop])
    return data.view(header.dtype).reshape(shape if header.shape else ())


def _decode_ints(header, data) -> np.ndarray:
    entries = data.view(INT_ENTRY)
    wrong = np.flatnonzero(entries["size"] != 4)
    if len(wrong):
        raise FormatError(f"{describe(header)}: value {wrong[0]} of those read is not marked as four bytes wide")
    return np.ascontiguousarray(entries["value"])


def _decode_compressed(header, data, shape) -> np.ndarray:
    rows, cols = shape
    scale = GlobalHeader(header.kind, header.minimum, header.extent, rows, cols)
    if header.kind != "CM":
        return scale.uint_to_float(data.view("<u2" if header.kind == "CM2" else "u1").reshape(shape))
    table = cols * _PERCENTILE_BYTES
    columns = PerColHeader.read(io.BytesIO(data[:table]), scale)
    return np.ascontiguousarray(columns.char_to_float(data[table:].reshape(cols, rows)).T)


def _ends_early() -> FormatError:
    return FormatError("the file ends within the header of this object")


def _sizes(layout: struct.Struct, head: bytes, at: int) -> tuple[int, ...]:
    """The int32 sizes at byte `at`, each marked by the byte 4 as Kaldi does; never negative."""
    if len(head) < at + layout.size:
        raise _ends_early()
    numbers = layout.unpack_from(head, at)
    marks, sizes = numbers[::2], numbers[1::2]
    if marks.count(4) < len(marks) or min(sizes) < 0:
        raise FormatError(f"its header gives the size as {head[at : at + layout.size]!r}")
    return sizes


def _float_header(name: bytes, head: bytes) -> Header:
    dtype, layout = _FLOATS[name]
    shape = _sizes(layout, head, 5)
    return Header(name[:2].decode(), shape, dtype, 5 + layout.size, math.prod(shape) * dtype.itemsize)


def _compressed_header(head: bytes, kind: str) -> Header:
    begin = 2 + len(kind) + 1
    if len(head) < begin + 16:
        raise _ends_early()
    minimum, extent, rows, cols = struct.unpack_from("<ffii", head, begin)
    if rows < 0 or cols < 0 or not math.isfinite(minimum) or not math.isfinite(extent):
        raise FormatError(f"its header is impossible: {rows} x {cols} values from {minimum:g} over a range of {extent:g}")
    num_bytes = rows * cols * _CODE_BYTES[kind] + (cols * _PERCENTILE_BYTES if kind == "CM" else 0)
    return Header(kind, (rows, cols), np.dtype("<f4"), begin + 16, num_bytes, minimum, extent)


def _npy_header(head: bytes, peek) -> Header:
    width = head[3] if len(head) > 3 else 0
    prefix = 4 + width
    length = int.from_bytes(head[4:prefix], "little")
    magic = head[prefix : prefix + 12]
    if len(magic) < 12:
        raise _ends_early()
    if magic[:6] != b"\x93NUMPY" or magic[6] not in (1, 2):
        raise FormatError("this NPY entry holds no .npy file of version 1 or 2")
    text_bytes = struct.unpack_from("<H" if magic[6] == 1 else "<I", magic, 8)[0]
    header_bytes = (10 if magic[6] == 1 else 12) + text_bytes
    if header_bytes > length or text_bytes > 1 << 16:
        raise FormatError(f"the .npy header of {header_bytes} bytes does not fit this NPY entry of {length}")
    shape, column_major, dtype = _parse_npy(peek(prefix + header_bytes)[prefix:], magic[6])
    header = Header("NPY", shape, dtype, prefix + header_bytes, math.prod(shape) * dtype.itemsize, column_major=column_major)
    if header.num_bytes != length - header_bytes:
        raise FormatError(f"{describe(header)} of {dtype} needs {header.num_bytes} bytes, its NPY entry holds {length - header_bytes}")
    return header


def _parse_npy(header: bytes, version: int) -> tuple[tuple[int, ...], bool, np.dtype]:
    file = io.BytesIO(header[8:])
    parse = np.lib.format.read_array_header_1_0 if version == 1 else np.lib.format.read_array_header_2_0
    try:
        shape, column_major, dtype = parse(file)
    except (ValueError, TypeError, SyntaxError, tokenize.TokenError) as error:
        raise FormatError(f"the .npy header of this NPY entry cannot be read: {error}") from None
    if dtype.kind not in "biufc" or any(size < 0 for size in shape):
        raise FormatError(f"an NPY entry of {dtype} {shape} is no array of numbers")
    return shape, column_major and len(shape) > 1, dtype
