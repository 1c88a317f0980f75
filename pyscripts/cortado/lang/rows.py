"""The lines of lang's text files, each split into its fields."""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from cortado.datadir.table import is_unicode, read_text
from cortado.errors import DataError
from cortado.files import atomic_write


def read_rows(path: str | Path, may_be_empty: bool = False) -> Iterator[tuple[int, list[str]]]:
    """(line number from 1, fields between blanks or tabs) of every line. Other Unicode spaces are part of a word, as in Kaldi.

    Raises DataError for a file that is missing or holds nothing (which `may_be_empty` allows), and with the line for one that is
    empty, not UTF-8, or ends in a carriage return.
    """
    if may_be_empty and Path(path).is_file() and not Path(path).stat().st_size:
        return
    for number, line in enumerate(read_text(path).split("\n"), 1):
        fields = re.findall("[^ \t]+", line)
        if not line.isascii() and (not is_unicode(line) or line.startswith("\ufeff")):
            raise DataError(path, "is not UTF-8, or begins with a byte order mark", number)
        if line.endswith("\r"):
            raise DataError(path, "ends in a carriage return (a Windows file?)", number)
        if not fields:
            raise DataError(path, "is an empty line", number)
        yield number, fields


def write_rows(path: str | Path, rows: Iterable[Iterable[object]]) -> None:
    """One line for each row, its fields with blanks between them."""
    with atomic_write(path) as out:
        out.writelines(" ".join(map(str, row)) + "\n" for row in rows)
