"""What a user wants to know of a table at a glance: a line for each object, and a few words on all of them."""

import difflib
import heapq
import os
from collections import Counter
from collections.abc import Callable, Iterator
from statistics import median
from typing import NamedTuple

import numpy as np

from cortado.ark.format import Header
from cortado.ark.reader import inspect, read
from cortado.ark.sequential import Entry, walk_ark
from cortado.ark.table import load_listed, parse_rspecifier
from cortado.errors import CortadoError

_KIND_NAMES = {"FM": "matrix", "DM": "double matrix", "FV": "vector", "DV": "double vector", "IV": "int vector"}
_NAMES_BY_DIMENSIONS = {1: "vector", 2: "matrix", 3: "volume"}
_MOST_KEYS_NAMED = 10
_MOST_KEYS_COMPARED = 20_000


def walk(rspecifier: str, wants: Callable[[int, str], bool]) -> Iterator[tuple[Entry, np.ndarray | None]]:
    """Every object of a table in its order: its array where `wants(index, key)` says so, else None and only the header is read.

    Raises DataError naming file, byte and key (and the line of an scp) where the table is truncated or corrupt.
    """
    table, name = parse_rspecifier(rspecifier)
    if table == "ark":
        yield from walk_ark(name, wants)
        return

    def load(index: int, key: str, rxfile: str) -> tuple[Header, np.ndarray | None]:
        return inspect(rxfile), read(rxfile) if wants(index, key) else None

    for key, (header, array) in load_listed(name, load):
        yield _entry(key, header), array


def find_object(rspecifier: str, key: str | None) -> tuple[Entry, np.ndarray]:
    """The object with this key (with None: the first one). Raises CortadoError naming the keys that look like it."""
    seen: list[str] = []
    for candidate, found in _search(rspecifier, key):
        if found:
            return found
        seen.append(candidate)
    if key is None:
        raise CortadoError(f"{rspecifier}: no objects")
    raise CortadoError(f"{rspecifier}: none of its {len(seen):,} objects has the key {key}{_similar(key, seen)}")


def _search(rspecifier: str, key: str | None) -> Iterator[tuple[str, tuple[Entry, np.ndarray] | None]]:
    """Each key of a table, with its object if it is the one that is looked for. In an scp no other object is touched."""
    table, name = parse_rspecifier(rspecifier)
    if table == "scp":
        yield from load_listed(
            name, lambda _, other, rxfile: (_entry(other, inspect(rxfile)), read(rxfile)) if key in (None, other) else None
        )
        return
    for entry, array in walk_ark(name, lambda _, other: key in (None, other)):
        yield entry.key, None if array is None else (entry, array)


def _entry(key: str, header: Header) -> Entry:
    return Entry(key, 0, header.kind, header.shape, header.dtype, header.num_bytes)


def _similar(key: str, keys: list[str]) -> str:
    """The keys most like `key`, for a message; of very many, only those that begin most like it are compared."""
    if len(keys) > _MOST_KEYS_COMPARED:
        keys = heapq.nlargest(_MOST_KEYS_COMPARED, keys, key=lambda other: len(os.path.commonprefix((key, other))))  # noqa: RUF071 (no paths)
    close = difflib.get_close_matches(key, keys, n=5, cutoff=0.5)
    return f"; did you mean {', '.join(close)}?" if close else ""


def kind_name(entry: Entry) -> str:
    """'matrix', 'matrix CM2', 'int vector', 'uint8 volume', 'text matrix': the kind of an object in words."""
    if entry.kind in _KIND_NAMES:
        return _KIND_NAMES[entry.kind]
    name = _NAMES_BY_DIMENSIONS.get(len(entry.shape), "array")
    if entry.kind == "NPY":
        return f"{entry.dtype} {name}"
    if entry.kind == "text":
        return f"text {'int ' if entry.dtype.kind == 'i' else ''}{name}"
    return f"{name} {entry.kind}"


def shape_name(shape: tuple[int, ...]) -> str:
    """'998 x 80'."""
    return " x ".join(map(str, shape)) or "1"


class Statistics(NamedTuple):
    """Of the finite values of one array (NaN when it has none), and how many are not finite."""

    minimum: float
    mean: float
    maximum: float
    num_nan: int
    num_inf: int


def statistics(array: np.ndarray) -> Statistics:
    """Smallest, mean (summed in float64) and largest finite value of an array of any shape; counts of NaN and infinity."""
    num_nan = num_inf = 0
    if array.size and not (np.isfinite(array.min()) and np.isfinite(array.max())):  # NaN spreads into both
        num_nan, num_inf = int(np.isnan(array).sum()), int(np.isinf(array).sum())
        array = array[np.isfinite(array)]
    if not array.size:
        return Statistics(np.nan, np.nan, np.nan, num_nan, num_inf)
    return Statistics(float(array.min()), float(array.mean(dtype=np.float64)), float(array.max()), num_nan, num_inf)


class Summary:
    """What is to be said of all objects of a table. Feed it with `add`, then take `lines`."""

    def __init__(self):
        self._kinds: Counter[str] = Counter()
        self._widths: set[tuple[int, ...]] = set()
        self._lengths: list[int] = []
        self._num_read = 0
        self._unclean: list[str] = []

    def add(self, entry: Entry, values: Statistics | None) -> None:
        """Count one object; `values` is None when only its header was read."""
        self._kinds[kind_name(entry)] += 1
        self._widths.add(entry.shape[1:])
        self._lengths.append(entry.shape[0] if entry.shape else 1)
        if values is not None:
            self._num_read += 1
            if values.num_nan or values.num_inf:
                self._unclean.append(f"{entry.key} ({values.num_nan} NaN, {values.num_inf} inf)")

    def lines(self) -> list[str]:
        """Number and kinds of the objects, their lengths, and what is known of NaN and infinite values among them."""
        if not self._lengths:
            return ["no objects"]
        kinds = ", ".join(f"{name} ({count:,})" for name, count in self._kinds.most_common())
        lengths = (
            f"{sum(self._lengths):,} in all, from {min(self._lengths):,} to {max(self._lengths):,}, median {median(self._lengths):,.0f}"
        )
        return [
            f"objects  {len(self._lengths):,}: {kinds}",
            f"lengths  {lengths}{self._describe_widths()}",
            f"values   {self._describe_values()}",
        ]

    def _describe_widths(self) -> str:
        widths = sorted(shape_name(width) for width in self._widths if width)
        if not widths:
            return ""
        more = f" and {len(widths) - 3} more" if len(widths) > 3 else ""
        return f"; width {', '.join(widths[:3])}{more}"

    def _describe_values(self) -> str:
        total, read = len(self._lengths), self._num_read
        objects = f"{total:,} objects" if read == total else f"the first {read:,} objects (--all reads every one)"
        if not self._unclean:
            return f"no NaN and no inf in {objects}"
        named = ", ".join(self._unclean[:_MOST_KEYS_NAMED])
        more = f" and {len(self._unclean) - _MOST_KEYS_NAMED:,} more" if len(self._unclean) > _MOST_KEYS_NAMED else ""
        return f"NaN or inf in {len(self._unclean):,} of {objects}: {named}{more}"
