"""Objects one after another from a stream: the key, then the object, read or passed over."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np

from cortado.ark.format import HEAD_BYTES, FormatError, Header, decode, is_text, missing_bytes, read_header
from cortado.ark.stream import Stream, open_stream
from cortado.ark.text import parse_text
from cortado.errors import DataError

_LONGEST_KEY = 4096
_KEY_END, _NEWLINE, _BRACKET = re.compile(rb"[\x00-\x20\x7f]"), re.compile(rb"\n"), re.compile(rb"\]")


class Entry(NamedTuple):
    """What a scan learns of one object. `offset` is where its scp line points: just after the key and a space."""

    key: str
    offset: int
    kind: str  # FM DM FV DV IV CM CM2 CM3 NPY, or "text"
    shape: tuple[int, ...]
    dtype: np.dtype
    num_bytes: int  # of its data


def scan(path: str | Path) -> Iterator[Entry]:
    """Every object of an ark by its header, values unread (but for those in text form): path, .gz, 'command |' or '-'.

    Raises DataError with the byte offset where the ark is truncated or no ark.
    """
    return (entry for entry, _ in walk_ark(path, lambda index, key: False))


def read_ark(path: str | Path) -> Iterator[tuple[str, np.ndarray]]:
    """(key, array) of every object of an ark, in order: path, .gz, 'command |' or '-'. Raises DataError as `scan` does."""
    return ((entry.key, array) for entry, array in walk_ark(path, lambda index, key: True))


def walk_ark(path: str | Path, wants: Callable[[int, str], bool]) -> Iterator[tuple[Entry, np.ndarray | None]]:
    """Every object of an ark, its array where `wants(index, key)` says so and None where the header is enough."""
    with open_stream(str(path)) as stream:
        index = 0
        while (key := _next_key(stream)) is not None:
            offset = stream.position
            try:
                header, array = read_object(stream) if wants(index, key) else (_pass_object(stream), None)
            except FormatError as error:
                raise DataError(stream.name, f"byte {offset} ({key}): {error}") from None
            yield Entry(key, offset, header.kind, header.shape, header.dtype, header.num_bytes), array
            index += 1


def read_object(stream: Stream) -> tuple[Header, np.ndarray]:
    """The object that begins where `stream` stands. Raises FormatError."""
    head = stream.peek(HEAD_BYTES)
    if not head:
        raise FormatError("the file ends where the object should begin")
    if is_text(head):
        return _read_text(stream)
    header = read_header(head, stream.peek)
    stream.skip(header.start)
    data = stream.take(header.num_bytes)
    if len(data) < header.num_bytes:
        raise missing_bytes(header, len(data))
    return header, decode(header, data, 0, header.shape[0] if header.shape else 1)


def _pass_object(stream: Stream) -> Header:
    """Pass over the object that begins where `stream` stands. Raises FormatError when not all of it is there."""
    head = stream.peek(HEAD_BYTES)
    if not head or is_text(head):
        return read_object(stream)[0]
    header = read_header(head, stream.peek)
    stream.skip(header.start)
    passed = stream.skip(header.num_bytes)
    if passed < header.num_bytes:
        raise missing_bytes(header, passed)
    return header


def _next_key(stream: Stream) -> str | None:
    """The key of the next object, its space taken with it; None where the data end."""
    raw = stream.peek_through(_KEY_END, _LONGEST_KEY)
    if not raw:
        return None
    try:
        key = raw[:-1].decode()
    except UnicodeDecodeError:
        key = ""
    if not key or raw[-1:] not in (b" ", b"\t", b"\n"):
        shown = raw[:24] + b"..." if len(raw) > 24 else raw
        raise DataError(stream.name, f"byte {stream.position}: a key and a space should be here, found {shown!r}")
    stream.skip(len(raw) - (raw[-1:] == b"\n"))  # `key` alone on a line is an empty int vector in text form
    return key


def _read_text(stream: Stream) -> tuple[Header, np.ndarray]:
    bracket = stream.peek(64).lstrip(b" \t").startswith(b"[")
    text = stream.peek_through(_BRACKET if bracket else _NEWLINE)
    if not bracket and not text.endswith(b"\n"):
        raise FormatError("the file ends within a line in text form")
    array = parse_text(text)
    stream.skip(len(text))
    if bracket and stream.take(1).tobytes() not in (b"\n", b""):
        raise FormatError("something follows its ']' on the same line")
    return Header("text", array.shape, array.dtype, 0, len(text)), array
