"""Reading what is good in a damaged table."""

from pathlib import Path
from typing import NamedTuple

import numpy as np

from cortado.datadir.checks import CHECKS, value_problem
from cortado.datadir.lines import Lines, decode, find, merge_lines, scan_lines
from cortado.datadir.table import few, is_unicode, read_bytes, split_line, unusable


class Salvaged(NamedTuple):
    """The good lines of a table, sorted, a sentence on each kind of damage, and whether the file holds just these lines."""

    lines: Lines
    report: list[str]
    is_whole: bool


def salvage(path: Path) -> Salvaged:
    """Read a table without its bad lines. Carriage returns, blanks at either end and empty lines go without loss.

    Of a key with two different values neither is believed; the same line twice counts once. Raises DataError for a file
    that is missing or empty.
    """
    lines = scan_lines(read_bytes(path))
    good = lines.is_plain & ~_has_bad_value(path.name, lines)
    if good.all() and lines.is_sorted:
        return Salvaged(lines, [], True)
    mended, report = _mend(path, lines, np.flatnonzero(~good))
    lines = merge_lines([lines.take(good), scan_lines(mended)])
    repeated = np.flatnonzero(lines.keys[1:] == lines.keys[:-1])
    if len(repeated):
        contradicted = np.unique(lines.keys[repeated])
        lines = lines.take(find(lines.keys, contradicted) < 0)
        report.append(f"{path}: {len(contradicted)} keys dropped, each given twice with different values: {few(decode(contradicted))}")
    return Salvaged(lines, report, False)


def _has_bad_value(name: str, lines: Lines) -> np.ndarray:
    """Whether each line has a value that cannot stand in the file `name`: (num_lines,) bool. Equal values are judged once."""
    bad = set()
    if name in CHECKS:
        values = lines.value_list()
        bad = {value for value in set(values) if value and value_problem(name, value.decode("utf-8", "surrogateescape"), True)}
    return np.array([value in bad for value in values]) if bad else np.zeros(len(lines), bool)


def _mend(path: Path, lines: Lines, numbers: np.ndarray) -> tuple[bytes, list[str]]:
    """Those of the lines `numbers` that are good but for their blanks, and a sentence on each kind of the others."""
    mended = []
    dropped: dict[str, list[str]] = {}  # reason -> where
    for number in numbers.tolist():
        line = lines[number].decode("utf-8", "surrogateescape").strip(" \t\r\ufeff")
        key, value = split_line(line)
        if not key:
            continue
        if reason := _defect(path.name, line, key, value):
            dropped.setdefault(reason, []).append(f"line {number + 1}")
        else:
            mended.append(f"{key} {value}\n")
    report = [f"{path}: {len(where)} lines dropped: {reason} ({few(where)})" for reason, where in dropped.items()]
    return "".join(mended).encode(), report


def _defect(name: str, line: str, key: str, value: str) -> str | None:
    if not value:
        return "no value"
    if not is_unicode(line):
        return "not UTF-8"
    return unusable(line, key) or value_problem(name, value, non_print=True)
