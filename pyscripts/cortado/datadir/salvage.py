"""Reading what is good in a damaged table."""

from collections.abc import Set
from pathlib import Path
from typing import NamedTuple

from cortado.datadir.checks import CHECKS, value_problem
from cortado.datadir.table import few, is_unicode, parse_text, read_text, sorted_lines, split_line


class Salvaged(NamedTuple):
    """The good lines of a table, a sentence on each kind of damage, and whether all of the file is as we would write it."""

    rows: dict[str, str]
    report: list[str]
    is_canonical: bool


def salvage(path: Path) -> Salvaged:
    """Read a table without its bad lines. Carriage returns, blanks at either end and empty lines go without loss.

    Of a key with two different values neither is believed; the same line twice counts once. Raises DataError for a file
    that is missing or empty.
    """
    text = read_text(path)
    table = parse_text(text)
    if not table.problems and not (path.name in CHECKS and any(value_problem(path.name, value, True) for value in table.rows.values())):
        return Salvaged(table.rows, [], table.first_unsorted is None and _is_canonical(text, table.rows))
    return _salvage_damaged(path, text)


def _salvage_damaged(path: Path, text: str) -> Salvaged:
    rows: dict[str, str] = {}
    dropped: dict[str, list[str]] = {}  # reason -> where
    contradicted: set[str] = set()
    for number, line in enumerate(text.split("\n"), 1):
        key, value = split_line(line.strip(" \t\r\ufeff"))
        if not key or rows.get(key) == value:
            continue
        if key in rows:
            contradicted.add(key)
        elif reason := _defect(path.name, line, value):
            dropped.setdefault(reason, []).append(f"line {number}")
        else:
            rows[key] = value
    report = [f"{path}: {len(lines)} lines dropped: {reason} ({few(lines)})" for reason, lines in dropped.items()]
    if contradicted:
        report.append(f"{path}: {len(contradicted)} keys dropped, each given twice with different values: {few(sorted(contradicted))}")
    for key in contradicted:
        del rows[key]
    return Salvaged(rows, report, False)


def filtered_content(path: Path, keep: Set[str], is_canonical: bool) -> str:
    """The good lines of the keys in `keep`, sorted; a file that is_canonical needs only be copied line by line."""
    if is_canonical:
        return "".join([f"{line}\n" for line in read_text(path).split("\n") if line.partition(" ")[0] in keep])
    return "".join(sorted_lines({key: value for key, value in salvage(path).rows.items() if key in keep}))


def _defect(name: str, line: str, value: str) -> str | None:
    if not value:
        return "no value"
    if not is_unicode(line):
        return "not UTF-8"
    return value_problem(name, value, non_print=True)


def _is_canonical(text: str, rows: dict[str, str]) -> bool:
    """Whether `text` is just the lines 'key value' of `rows`: reading removes characters, so that equal length means equal text."""
    return "\t" not in text and len(text) + 1 == sum(map(len, rows)) + sum(map(len, rows.values())) + 2 * len(rows)
