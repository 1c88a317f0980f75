"""Kaldi's text tables: on each line a key, blanks, and a value that runs to the end of the line."""

import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from cortado.errors import DataError
from cortado.files import atomic_write

MAX_KEY_BYTES = 255  # keys become names of files


class Problem(NamedTuple):
    """What is wrong with one line, counted from 1."""

    line: int
    reason: str


class ParsedTable(NamedTuple):
    """The good lines of a file in file order, the bad ones, and the first line that is not in C-locale order."""

    rows: dict[str, str]
    problems: list[Problem]
    first_unsorted: int | None

    def numbered(self) -> Iterator[tuple[int, str, str]]:
        """(line number, key, value) of every good line."""
        bad = {problem.line for problem in self.problems}
        number = 0
        for key, value in self.rows.items():
            number += 1
            while number in bad:
                number += 1
            yield number, key, value


def read_table(path: str | Path, may_be_empty: bool = False) -> dict[str, str]:
    """First field -> rest of the line, blanks around both removed; in file order, which need not be sorted.

    Raises DataError with the line for an empty line, a missing value (which `may_be_empty` makes an empty one), a key given twice or
    longer than MAX_KEY_BYTES, carriage returns, null bytes, bytes that are not UTF-8; and for a file that is missing or holds no line.
    """
    text = read_text(path)
    rows = _plain_rows(text)
    if rows is None:
        rows, problems, _ = parse_text(text, may_be_empty)
        if problems:
            raise DataError(path, problems[0].reason, problems[0].line)
    return rows


def read_list(path: str | Path) -> list[str]:
    """The first fields of the lines, each once, in file order. Raises DataError for an empty line and for a file missing or empty."""
    names: dict[str, None] = {}
    for number, line in enumerate(read_text(path).split("\n"), 1):
        key, _ = split_line(line)
        if not key or not is_unicode(line) or line.endswith("\r"):
            raise DataError(path, _reason(line, key, lacks_value=False), number)
        names[key] = None
    return list(names)


def parse_table(path: str | Path) -> ParsedTable:
    """Read all of `path`, collecting the bad lines instead of stopping at the first. Raises DataError as for a missing file."""
    return parse_text(read_text(path))


def parse_text(text: str, may_be_empty: bool = False) -> ParsedTable:
    """parse_table for a text that read_text gave; `may_be_empty`: as for read_table."""
    rows, problems, first_unsorted, previous = {}, [], None, ""
    for number, line in enumerate(text.split("\n"), 1):
        key, value = split_line(line)
        if key < previous and first_unsorted is None:
            first_unsorted = number
        lacks_value = not value and not may_be_empty
        if not key or lacks_value or key in rows or not _is_clean(line, key):
            problems.append(Problem(number, _reason(line, key, lacks_value)))
            continue
        rows[key] = value
        previous = key
    return ParsedTable(rows, problems, first_unsorted)


def _plain_rows(text: str) -> dict[str, str] | None:
    """The rows of a text whose lines are all just 'key value' in ASCII, without a closer look at each; None if some line is not."""
    odd = ("\t", "\r", "\0", "  ", " \n", "\n ", "\n\n")
    if not text.isascii() or text.startswith((" ", "\n")) or text.endswith(" ") or any(letters in text for letters in odd):
        return None
    lines = text.split("\n")
    rows = {key: value for key, _, value in (line.partition(" ") for line in lines)}
    plain = len(rows) == len(lines) and "" not in rows.values() and max(map(len, rows)) <= MAX_KEY_BYTES
    return rows if plain else None


def split_line(line: str) -> tuple[str, str]:
    """Key and value of a line; either is empty when the line does not have it."""
    key, _, value = line.partition(" ")
    if "\t" in key:
        key, value = re.split("[ \t]+", line, maxsplit=1)
    return key, value.strip(" \t")


def write_table(path: str | Path, rows: Mapping[str, object]) -> None:
    """Write `rows` sorted as LC_ALL=C sort does; `path` changes as a whole or not at all."""
    with atomic_write(path) as out:
        out.writelines(sorted_lines(rows))


def sorted_lines(rows: Mapping[str, object]) -> Iterator[str]:
    """The lines of a table in C-locale order: Python compares code points, and so do the bytes of UTF-8."""
    return (f"{key} {value}\n" for key, value in sorted(rows.items()))


def few(names: Iterable[str], shown: int = 5) -> str:
    """The first names of a longer list, for a message: 'a, b, c and 7 more'."""
    names = list(names)
    more = f" and {len(names) - shown} more" if len(names) > shown else ""
    return ", ".join(names[:shown]) + more


def read_text(path: str | Path) -> str:
    """The whole file without the last newline; bytes that are not UTF-8 become lone surrogates, for is_unicode to find."""
    return read_bytes(path).decode("utf-8", "surrogateescape").removesuffix("\n")


def read_bytes(path: str | Path) -> bytes:
    """The whole file. Raises DataError when it is missing or empty."""
    try:
        content = Path(path).read_bytes()
    except OSError as error:
        raise DataError(path, f"cannot be read: {error.strerror}") from None
    if not content:
        raise DataError(path, "is empty")
    return content


def _is_clean(line: str, key: str) -> bool:
    return not line.endswith("\r") and not line.startswith("\ufeff") and is_unicode(line) and not unusable(line, key)


def is_unicode(line: str) -> bool:
    """Whether a line of read_text was UTF-8."""
    return line.isascii() or not any("\ud800" <= character <= "\udfff" for character in line)


def unusable(line: str, key: str) -> str | None:
    """Why no program could use a line of this key, or None."""
    if "\0" in line:
        return "a null byte, as a crash of the machine may leave them"
    if len(key) * 4 > MAX_KEY_BYTES and len(key.encode("utf-8", "surrogateescape")) > MAX_KEY_BYTES:
        return f"a key of more than {MAX_KEY_BYTES} bytes, {key[:20]}..."
    return None


def _reason(line: str, key: str, lacks_value: bool) -> str:
    """Why parse_table refused `line`."""
    if not line.strip(" \t\r"):
        return "is an empty line"
    if line.endswith("\r"):
        return "ends in a carriage return (a Windows file?); fix_data_dir.sh removes them"
    if line.startswith("\ufeff"):
        return "begins with a byte order mark"
    if not is_unicode(line):
        return "is not UTF-8"
    if not key:
        return "begins with a blank instead of a key"
    if lacks_value:
        return f"key {key} has no value"
    if reason := unusable(line, key):
        return f"holds {reason}"
    return f"key {key} is given twice"
