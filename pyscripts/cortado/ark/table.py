"""Tables of arrays: scps, read specifiers ('ark:...', 'scp:...'), and scps put together."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

import numpy as np

from cortado.ark.reader import read
from cortado.ark.sequential import read_ark
from cortado.ark.stream import open_stream
from cortado.errors import CortadoError, DataError
from cortado.files import atomic_write

Loaded = TypeVar("Loaded")
_HARMLESS_OPTIONS = {"t", "b", "o", "no", "s", "ns", "cs", "ncs", "np", "bg"}  # they tell Kaldi how to search, not what to return


def read_scp(path: str | Path) -> dict[str, str]:
    """Key -> rxfile, in file order. Raises DataError with the line that is empty, malformed, not UTF-8 or has a key twice."""
    return _parse_scp(str(path), _read_bytes(str(path)))


def open_table(rspecifier: str | Path) -> Iterator[tuple[str, np.ndarray]]:
    """(key, array) of a table, in its order: 'scp:path', 'ark:path', 'ark:-', 'ark:command |', or a path ending in .scp, .ark, .gz.

    Raises DataError where the table is truncated or corrupt, or its command fails; the error names key, file and byte.
    """
    kind, name = parse_rspecifier(str(rspecifier))
    return read_ark(name) if kind == "ark" else load_listed(name, lambda index, key, rxfile: read(rxfile))


def parse_rspecifier(rspecifier: str) -> tuple[str, str]:
    """('ark' or 'scp', path or command) of a read specifier. Raises CortadoError for one that is neither."""
    head, colon, name = rspecifier.partition(":")
    kind, *options = head.split(",")
    if colon and kind in ("ark", "scp") and name.strip():
        if refused := [option for option in options if option not in _HARMLESS_OPTIONS]:
            raise CortadoError(f"'{rspecifier}': option '{refused[0]}' of a read specifier is not supported")
        return kind, name.strip()
    for suffix, kind in ((".scp", "scp"), (".ark", "ark"), (".gz", "ark")):
        if rspecifier.endswith(suffix):
            return kind, rspecifier
    raise CortadoError(f"'{rspecifier}': write ark:{rspecifier} or scp:{rspecifier}, or a path ending in .ark, .scp or .gz")


def merge_scps(parts: list[str | Path], out: str | Path) -> None:
    """Write the lines of all `parts` to `out`, sorted by key as LC_ALL=C sorts. Raises DataError naming both parts of a key in two."""
    merged: dict[str, str] = {}
    origin: dict[str, str | Path] = {}
    for part in parts:
        for key, rxfile in read_scp(part).items():
            if key in merged:
                raise DataError(part, f"key {key} is in {origin[key]} already")
            merged[key], origin[key] = rxfile, part
    with atomic_write(out) as file:
        file.writelines(f"{key} {merged[key]}\n" for key in sorted(merged))


def load_listed(scp: str, load: Callable[[int, str, str], Loaded]) -> Iterator[tuple[str, Loaded]]:
    """(key, load(index, key, rxfile)) for each line of an scp; what goes wrong in `load` is told with the line and the key."""
    for index, (key, rxfile) in enumerate(_parse_scp(scp, _read_bytes(scp)).items()):
        try:
            loaded = load(index, key, rxfile)
        except CortadoError as error:
            raise DataError(scp, f"{key}: {error}", index + 1) from None
        yield key, loaded


def _read_bytes(name: str) -> bytes:
    with open_stream(name) as stream:
        return stream.rest()


def _parse_scp(name: str, data: bytes) -> dict[str, str]:
    lines = data.split(b"\n")
    if not lines[-1]:
        lines.pop()
    table: dict[str, str] = {}
    for number, line in enumerate(lines, 1):
        fields = line.split(None, 1)  # of bytes, for a key may hold any white space but ASCII's
        if len(fields) < 2 or line[:1].isspace() or line.endswith(b"\r"):
            raise DataError(name, _fault(line), number)
        try:
            key, rxfile = fields[0].decode(), fields[1].rstrip().decode()
        except UnicodeDecodeError:
            raise DataError(name, "not UTF-8", number) from None
        if key in table:
            raise DataError(name, f"key {key} is here for the second time", number)
        table[key] = rxfile
    return table


def _fault(line: bytes) -> str:
    if line.endswith(b"\r"):
        return "the line ends in a carriage return, as DOS writes them"
    return f"expected 'key path:offset', found '{line.decode(errors='replace')}'"
