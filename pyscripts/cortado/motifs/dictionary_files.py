"""The text files of motifs: `motifs`, the dictionaries of singers, and `occurrences`. A motif is its symbols with commas between: 1,-2,1."""

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TypeVar

from cortado.datadir.table import read_text
from cortado.errors import DataError
from cortado.files import atomic_write
from cortado.motifs.closed import Pattern
from cortado.motifs.dictionary import Motif
from cortado.motifs.occurrences import Occurrence

Row = TypeVar("Row", Motif, Occurrence)

MOTIFS_HEADER = "# singer motif support num_occurrences"
OCCURRENCES_HEADER = "# motif recording start end"


def write_motifs(path: str | Path, motifs: Iterable[Motif]) -> None:
    """A line that says what the columns are, then one for each motif."""
    _write_rows(path, MOTIFS_HEADER, (f"{m.singer} {_format(m.pattern)} {m.support} {m.num_occurrences}" for m in motifs))


def read_motifs(path: str | Path) -> list[Motif]:
    """What write_motifs wrote. Raises DataError with the line that is malformed."""

    def parse(singer: str, pattern: str, support: str, num_occurrences: str) -> Motif:
        return Motif(singer, _parse(pattern), int(support), int(num_occurrences))

    return list(_read_rows(path, MOTIFS_HEADER, parse))


def write_occurrences(path: str | Path, occurrences: Iterable[Occurrence]) -> None:
    """A line that says what the columns are, then one for each occurrence, times in seconds."""
    _write_rows(path, OCCURRENCES_HEADER, (f"{_format(o.pattern)} {o.recording} {o.start:.4f} {o.end:.4f}" for o in occurrences))


def read_occurrences(path: str | Path) -> list[Occurrence]:
    """What write_occurrences wrote. Raises DataError with the line that is malformed."""

    def parse(pattern: str, recording: str, start: str, end: str) -> Occurrence:
        return Occurrence(_parse(pattern), recording, float(start), float(end))

    return list(_read_rows(path, OCCURRENCES_HEADER, parse))


def _format(pattern: Pattern) -> str:
    return ",".join(map(str, pattern))


def _parse(pattern: str) -> Pattern:
    return tuple(map(int, pattern.split(",")))


def _write_rows(path: str | Path, header: str, rows: Iterable[str]) -> None:
    with atomic_write(path) as out:
        out.write(f"{header}\n")
        out.writelines(f"{row}\n" for row in rows)


def _read_rows(path: str | Path, header: str, parse: Callable[..., Row]) -> Iterator[Row]:
    """parse(*fields) of each line below the header."""
    first, *lines = read_text(path).split("\n")
    if first != header:
        raise DataError(path, f"begins with '{first}', not with '{header}'; steps/find_motifs.sh writes it", 1)
    for number, line in enumerate(lines, 2):
        try:
            yield parse(*line.split(" "))
        except (TypeError, ValueError):
            raise DataError(path, f"expected '{header.removeprefix('# ')}', found '{line}'", number) from None
