"""Random access: one object, some of its rows or its shape alone, at the cost of those bytes.

Open files are kept for the next call (a descriptor each; the least recently used is closed). Reads name their position
(pread), so forked workers and threads share descriptors without harm; a file that was replaced is noticed and opened anew.
"""

import functools
import os
import stat
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from cortado.ark.format import HEAD_BYTES, FormatError, Header, decode, is_text, missing_bytes, read_header, row_spans
from cortado.ark.rxfile import RxFile, bounds, parse_rxfile
from cortado.ark.sequential import read_object
from cortado.ark.stream import cannot_open, open_stream
from cortado.errors import CortadoError, DataError

_MAX_OPEN_FILES = 128


def read(rxfile: str) -> np.ndarray:
    """The object at 'x.ark:123', or the part of it that a Kaldi range like [0:199] (last row included) names.

    Returns a writable array: float32 or float64 (rows, cols) or (size,), int32 (size,), or what an NPY entry holds.
    Raises DataError naming file and byte offset when it is missing, truncated or no Kaldi object.
    """
    place = parse_rxfile(rxfile)
    found = _find(place)
    if place.rows is None and place.columns is None:
        return found.read_rows(0, _num_rows(found))
    (first, last), columns = _ranges(place, found.header.shape, rxfile)
    return np.ascontiguousarray(found.read_rows(first, last)[:, slice(*columns)]) if columns else found.read_rows(first, last)


def read_part(rxfile: str, start: int, stop: int) -> np.ndarray:
    """The rows [start, stop) of the object at `rxfile`: `read(rxfile)[start:stop]` for the price of those rows.

    Raises CortadoError unless 0 <= start <= stop <= number of rows, DataError as `read` does.
    """
    place = parse_rxfile(rxfile)
    found = _find(place)
    shape = found.header.shape
    if not shape:
        raise DataError(rxfile, "a single number has no rows")
    (first, last), columns = _ranges(place, shape, rxfile)
    if not 0 <= start <= stop <= last - first:
        raise CortadoError(f"{rxfile}: rows {start} to {stop} were asked for, it has {last - first}")
    rows = found.read_rows(first + start, first + stop)
    return np.ascontiguousarray(rows[:, slice(*columns)]) if columns else rows


def read_shape(rxfile: str) -> tuple[int, ...]:
    """The shape of what `read(rxfile)` would return, from its header alone. Raises DataError as `read` does."""
    return inspect(rxfile).shape


def inspect(rxfile: str) -> Header:
    """The header of the object at `rxfile`, its shape cut down to the ranges if it has some. Raises DataError as `read` does."""
    place = parse_rxfile(rxfile)
    header = _find(place).header
    if place.rows is None and place.columns is None:
        return header
    rows, columns = _ranges(place, header.shape, rxfile)
    spans = [rows, columns] if columns else [rows]
    return header._replace(shape=(*(last - first for first, last in spans), *header.shape[len(spans) :]))


class _Found(NamedTuple):
    """An object that can be read: what it is, and how to get its rows [start, stop)."""

    header: Header
    read_rows: Callable[[int, int], np.ndarray]


def _num_rows(found: _Found) -> int:
    return found.header.shape[0] if found.header.shape else 1


def _ranges(place: RxFile, shape: tuple[int, ...], rxfile: str) -> tuple[tuple[int, int], tuple[int, int] | None]:
    """The ranges of an rxfile as [start, stop) of rows, and of columns (None where it names no columns)."""
    if not shape or (place.columns and len(shape) < 2):
        raise DataError(rxfile, f"its range has more dimensions than the object, which has {len(shape)}")
    return bounds(place.rows, shape[0], rxfile), bounds(place.columns, shape[1], rxfile) if place.columns else None


def _find(place: RxFile) -> _Found:
    if place.is_stream:
        return _read_through(place)
    status = _stat(place.path)
    if not stat.S_ISREG(status.st_mode):
        return _read_through(place)
    if place.offset >= status.st_size:
        raise DataError(place.path, f"byte {place.offset}: no object begins here, the file has {status.st_size} bytes")
    file = _opened(place.path, status.st_dev, status.st_ino)
    head = _pread(file, HEAD_BYTES, place)
    if is_text(head):
        return _read_through(place)
    try:
        header = read_header(head, lambda count: _pread(file, count, place))
        left = status.st_size - place.offset - header.start
        if left < header.num_bytes:
            raise missing_bytes(header, left)
    except FormatError as error:
        raise _located(place, error) from None
    return _Found(header, functools.partial(_pread_rows, file, place, header))


def _pread_rows(file: "_OpenFile", place: RxFile, header: Header, start: int, stop: int) -> np.ndarray:
    spans = row_spans(header, start, stop)
    data = np.empty(sum(size for _, size in spans), dtype=np.uint8)
    view, done = memoryview(data), 0
    try:
        for offset, size in spans:
            _pread_into(view[done : done + size], file, place.offset + header.start + offset)
            done += size
        return decode(header, data, start, stop)
    except (FormatError, OSError) as error:
        raise _located(place, error) from None


def _pread_into(target: memoryview, file: "_OpenFile", position: int) -> None:
    while len(target):  # more than once only for more than 2 GiB
        step = os.preadv(file.descriptor, [target], position)
        if not step:
            raise FormatError(f"the file became shorter while it was read: nothing is left at byte {position}")
        target, position = target[step:], position + step


def _pread(file: "_OpenFile", count: int, place: RxFile) -> bytes:
    try:
        return os.pread(file.descriptor, count, place.offset)
    except OSError as error:
        raise DataError(place.path, f"byte {place.offset}: cannot be read: {error.strerror}") from None


def _read_through(place: RxFile) -> _Found:
    """An object in text form, or in what can only be read from its beginning: all of it is read."""
    with open_stream(place.path) as stream:
        stream.skip(place.offset)
        try:
            header, array = read_object(stream)
        except FormatError as error:
            raise _located(place, error) from None
    return _Found(header, lambda start, stop: array[start:stop] if array.ndim else array)


def _located(place: RxFile, error: FormatError | OSError) -> DataError:
    return DataError(place.path, f"byte {place.offset}: {error}")


def _stat(path: str) -> os.stat_result:
    try:
        return os.stat(path)  # noqa: PTH116 (this runs for every read, and Path costs more than the call)
    except OSError as error:
        raise cannot_open(path, error) from None


class _OpenFile:
    """A descriptor that is closed when the cache and every reader have let go of it."""

    def __init__(self, path: str):
        self.descriptor = -1
        self.descriptor = os.open(path, os.O_RDONLY)

    def __del__(self):
        if self.descriptor >= 0:
            os.close(self.descriptor)


@functools.lru_cache(maxsize=_MAX_OPEN_FILES)
def _opened(path: str, device: int, inode: int) -> _OpenFile:
    try:
        return _OpenFile(path)
    except OSError as error:
        raise cannot_open(path, error) from None
