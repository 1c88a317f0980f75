"""Tokens, numbers, vectors and matrices as Kaldi's objects are made of, in its binary and its text form.

A Kaldi object is tokens and values one after another (kaldi/src/base/io-funcs.h, kaldi/src/matrix). A token ends in a space in both
forms. In binary, after the mark \\0 B at the beginning of the file, a number is one byte with its width (negative where unsigned)
and its little-endian bytes; an int vector that byte, its size, and its values; a vector or matrix of floats "FV " or "FM ", its sizes
as numbers, and its values. In text all are words between white space, vectors and matrices between brackets.

In text, floats are written with the shortest digits that give the same float32 back; Kaldi writes seven, which lose a little.
"""

import re
import struct
from pathlib import Path
from typing import NoReturn

import numpy as np

from cortado.ark.format import FormatError
from cortado.ark.stream import open_stream
from cortado.ark.text import format_text, parse_text
from cortado.errors import DataError
from cortado.files import atomic_write

BINARY_MARK = b"\0B"
_WORD = re.compile(rb"\s*(\S+)")
_LONGEST_TOKEN = 64  # bytes
_FLOATS = {b"F": np.dtype("<f4"), b"D": np.dtype("<f8")}


class KaldiReader:
    """The values in `data`, from front to back. Every method raises DataError with file and place when something else stands there."""

    def __init__(self, data: bytes, name: str):
        self.name, self.is_binary = name, data.startswith(BINARY_MARK)
        self._data, self._position = data, 2 if self.is_binary else 0

    def fail(self, reason: str) -> NoReturn:
        """Raise DataError at the place that is read next: a byte where binary, a line where text."""
        if self.is_binary:
            raise DataError(self.name, f"byte {self._position}: {reason}")
        raise DataError(self.name, reason, self._data.count(b"\n", 0, self._position) + 1)

    def token(self) -> str:
        """The next token."""
        start = self._position
        word = self._word()
        if not word.isascii() or not word.isprintable() or len(word) > _LONGEST_TOKEN:
            self._position = start
            self.fail(f"expected a word like <Topology>, found {word[:_LONGEST_TOKEN]!r}")
        return word

    def peek(self) -> str:
        """The next token, which is read again by the next call."""
        start = self._position
        word = self.token()
        self._position = start
        return word

    def expect(self, *tokens: str) -> str:
        """The next token, which must be one of these."""
        start = self._position
        word = self.token()
        if word not in tokens:
            self._position = start
            self.fail(f"expected {' or '.join(tokens)}, found {word}")
        return word

    def expect_end(self) -> None:
        """Nothing but white space may follow."""
        if self._data[self._position :].strip():
            self.fail("the object has ended, but the file goes on")

    def int32(self) -> int:
        """A signed number of four bytes."""
        return self._number(b"\x04", "<i") if self.is_binary else self._parsed(np.int32)

    def uint32(self) -> int:
        """An unsigned number of four bytes."""
        return self._number(b"\xfc", "<I") if self.is_binary else self._parsed(np.uint32)

    def float32(self) -> float:
        """A number of four bytes."""
        return self._number(b"\x04", "<f") if self.is_binary else self._parsed(np.float32)

    def int_vector(self) -> np.ndarray:
        """(size,) int32."""
        if not self.is_binary:
            return self._bracketed(dtype=np.int32, ndim=1)
        self._exactly(b"\x04", "an int vector of four bytes a value")
        (size,) = struct.unpack("<i", self._take(4))
        return self._array(np.dtype("<i4"), (size,))

    def vector(self) -> np.ndarray:
        """(size,) float32, or float64 where the file has it so."""
        return self._floats(b"V", 1)

    def matrix(self) -> np.ndarray:
        """(rows, columns) float32, or float64 where the file has it so."""
        return self._floats(b"M", 2)

    def _floats(self, kind: bytes, ndim: int) -> np.ndarray:
        if not self.is_binary:
            return self._bracketed(dtype=np.float32, ndim=ndim)
        start, name = self._position, self._take(3)
        if name[1:] != kind + b" " or name[:1] not in _FLOATS:
            self._position = start
            self.fail(f"expected F{kind.decode()} or D{kind.decode()}, found {name!r}")
        return self._array(_FLOATS[name[:1]], tuple(self.int32() for _ in range(ndim)))

    def _array(self, dtype: np.dtype, shape: tuple[int, ...]) -> np.ndarray:
        if min(shape) < 0:
            self.fail(f"a vector or matrix cannot have the size {' x '.join(map(str, shape))}")
        count = int(np.prod(shape, dtype=np.int64))
        return np.frombuffer(self._take(count * dtype.itemsize), dtype).reshape(shape).copy()

    def _bracketed(self, dtype, ndim: int) -> np.ndarray:
        start, end = self._position, self._data.find(b"]", self._position) + 1
        text = self._data[start:end].strip()
        if not text.startswith(b"["):
            self.fail("expected a vector or matrix between brackets")
        try:
            if dtype == np.int32:
                array = np.array([int(word) for word in text[1:-1].split()], dtype)
            else:
                array = parse_text(text)
        except (FormatError, ValueError, OverflowError) as error:
            self.fail(str(error))
        if array.ndim != ndim:
            self.fail(f"expected {'a vector' if ndim == 1 else 'a matrix'}, found {array.ndim} dimensions")
        self._position = end
        return array

    def _number(self, width: bytes, layout: str):
        self._exactly(width, "a number of four bytes")
        return struct.unpack(layout, self._take(4))[0]

    def _parsed(self, kind: type):
        start = self._position
        word = self._word()
        try:
            return kind(word).item()
        except (ValueError, OverflowError):
            self._position = start
            self.fail(f"expected a number, found {word}")

    def _exactly(self, wanted: bytes, what: str) -> None:
        found = self._take(len(wanted))
        if found != wanted:
            self._position -= len(wanted)
            self.fail(f"expected {what}, found the byte {found[0]}")

    def _word(self) -> str:
        match = _WORD.match(self._data, self._position)
        if not match:
            self._ends_early()
        self._position = match.end()
        if self.is_binary:
            self._exactly(b" ", f"a space after {match[1][:_LONGEST_TOKEN]!r}")
        return match[1].decode(errors="replace")

    def _take(self, count: int) -> bytes:
        taken = self._data[self._position : self._position + count]
        if len(taken) < count:
            self._ends_early()
        self._position += count
        return taken

    def _ends_early(self) -> NoReturn:
        self.fail(f"the file ends within an object; it has {len(self._data)} bytes")


class KaldiWriter:
    """What KaldiReader reads, gathered in memory; `data()` gives the bytes of the file."""

    def __init__(self, is_binary: bool = True):
        self.is_binary = is_binary
        self._parts: list[bytes] = [BINARY_MARK] if is_binary else []

    def data(self) -> bytes:
        return b"".join(self._parts)

    def token(self, *tokens: str) -> None:
        """Tokens in their order."""
        self._parts += [f"{token} ".encode() for token in tokens]

    def line(self, *tokens: str) -> None:
        """Tokens, and the end of the line."""
        self.token(*tokens)
        self.newline()

    def newline(self) -> None:
        """End the line, in text."""
        if not self.is_binary:
            self._parts.append(b"\n")

    def int32(self, *values: int) -> None:
        for value in values:
            self._parts.append(struct.pack("<bi", 4, value) if self.is_binary else f"{value} ".encode())

    def uint32(self, value: int) -> None:
        self._parts.append(struct.pack("<bI", -4, value) if self.is_binary else f"{value} ".encode())

    def float32(self, value: float) -> None:
        self._parts.append(struct.pack("<bf", 4, value) if self.is_binary else f"{np.float32(value)!s} ".encode())

    def int_vector(self, values: np.ndarray) -> None:
        """Any sequence of ints, as int32."""
        values = np.asarray(values, "<i4")
        if self.is_binary:
            self._parts += [struct.pack("<bi", 4, len(values)), values.tobytes()]
        else:
            self._parts.append(f"[ {''.join(f'{value} ' for value in values.tolist())}]\n".encode())

    def floats(self, values: np.ndarray) -> None:
        """A vector (size,) or matrix (rows, columns), as float32."""
        values = np.asarray(values, "<f4")
        if self.is_binary:
            sizes = b"".join(struct.pack("<bi", 4, size) for size in values.shape)
            self._parts += [b"FV " if values.ndim == 1 else b"FM ", sizes, values.tobytes()]
        else:
            self._parts.append(format_text(values).encode())


def open_reader(path: str | Path) -> KaldiReader:
    """A reader of a file (of what is in it where it ends in .gz), binary or text as it turns out. Raises DataError."""
    with open_stream(str(path)) as stream:
        return KaldiReader(stream.rest(), str(path))


def write_file(path: str | Path, writer: KaldiWriter) -> None:
    """Write what was gathered; the file appears whole or not at all. Raises CortadoError naming `path`."""
    with atomic_write(path, "wb") as file:
        file.write(writer.data())
