"""Where one object lies, as an scp says it: `path`, `path:offset`, `path:offset[rows]`, `command |`."""

import re
from typing import NamedTuple

from cortado.errors import CortadoError, DataError

Range = tuple[int, int]  # first and last row (or column), both included, as Kaldi counts
_RANGE = re.compile(r"\[([0-9:,\s]*)\]$")
_OVERRUN = 3  # frames by which Kaldi lets a range pass the end (kaldi-holder.cc: edge effects and rounded segment times)


class RxFile(NamedTuple):
    """One object's place. `path` is a file or, ending in '|', a command; a range of None means all."""

    path: str
    offset: int
    rows: Range | None = None
    columns: Range | None = None

    @property
    def is_stream(self) -> bool:
        """Whether it can only be read from its beginning: a command, a gzip file, standard input."""
        return self.path.endswith(("|", ".gz")) or self.path == "-"


def parse_rxfile(rxfile: str) -> RxFile:
    """Split 'a b.ark:123[0:199]' at the last colon and the brackets. Raises CortadoError for a malformed range."""
    rxfile = rxfile.strip()
    if not rxfile:
        raise CortadoError("the name of an ark is empty")
    if rxfile.endswith("|"):
        return RxFile(rxfile, 0)
    rows = columns = None
    if rxfile.endswith("]") and (match := _RANGE.search(rxfile)):
        rows, columns = _parse_ranges(match[1], rxfile)
        rxfile = rxfile[: match.start()]
    path, colon, offset = rxfile.rpartition(":")
    if colon and offset.isascii() and offset.isdigit():
        return RxFile(path, int(offset), rows, columns)
    return RxFile(rxfile, 0, rows, columns)


def bounds(span: Range | None, size: int, rxfile: str) -> tuple[int, int]:
    """A Kaldi range as Python's [start, stop) among `size` rows. Raises DataError when it lies outside by more than Kaldi allows."""
    if span is None:
        return 0, size
    first, last = span
    if not first <= last < size + _OVERRUN or first >= size:
        raise DataError(rxfile, f"the range [{first}:{last}] does not lie within {size} rows (or columns) counted from 0")
    return first, min(last + 1, size)


def _parse_ranges(text: str, rxfile: str) -> tuple[Range | None, Range | None]:
    ranges = [_parse_range(part.strip(), rxfile) for part in text.split(",")]
    if len(ranges) > 2:
        raise CortadoError(f"{rxfile}: a range is [rows] or [rows,columns]")
    return ranges[0], ranges[1] if len(ranges) == 2 else None


def _parse_range(text: str, rxfile: str) -> Range | None:
    if text in ("", ":"):
        return None
    first, colon, last = text.partition(":")
    if not (colon and first.isdigit() and last.isdigit()):
        raise CortadoError(f"{rxfile}: '{text}' is no range; write first:last, both counted from 0 and included")
    return int(first), int(last)
