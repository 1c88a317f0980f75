"""Trial lists: 'enrol test target|nontarget' on each line."""

import os
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np

from cortado.errors import DataError
from cortado.files import atomic_write

LABELS = ("target", "nontarget")
BLOCK_BYTES = 1 << 22


class Trials(NamedTuple):
    """The trials of a list in file order. Equal names are one string object, so ten million trials stay small."""

    enrol: list[str]
    test: list[str]
    is_target: np.ndarray  # (num_trials,) bool

    def select(self, keep: Callable[[str, str], bool]) -> "Trials":
        """The trials for which keep(enrol, test) is true."""
        kept = [i for i, pair in enumerate(zip(self.enrol, self.test, strict=True)) if keep(*pair)]
        return Trials([self.enrol[i] for i in kept], [self.test[i] for i in kept], self.is_target[kept])

    def renamed(self, new_name: Callable[[str], str]) -> "Trials":
        """The same trials between utterances of new names."""
        names = {name: new_name(name) for name in {*self.enrol, *self.test}}
        return Trials([names[name] for name in self.enrol], [names[name] for name in self.test], self.is_target)


def read_trials(path: str | Path) -> Trials:
    """Read a trial list. Raises DataError with the line for a line that is not 'enrol test target|nontarget' or a pair given twice.

    Also raises for a file that is missing or empty. 'a b' and 'b a' are two different trials.
    """
    enrol: list[str] = []
    test: list[str] = []
    labels: list[np.ndarray] = []
    for block in trial_blocks(path):
        enrol += map(sys.intern, block.enrol)
        test += map(sys.intern, block.test)
        labels.append(block.is_target)
    if not enrol:
        raise DataError(path, "is empty")
    _refuse_repeated_pairs(path, enrol, test)
    return Trials(enrol, test, np.concatenate(labels))


def trial_blocks(path: str | Path, start: int = 0, stop: int | None = None, lines_before: int = 0) -> Iterator[Trials]:
    """The trials from byte `start` of a list to byte `stop`, both at line ends, a block of bounded size at a time.

    There are `lines_before` lines before them, which errors count too. Raises as read_trials does, but for pairs given twice.
    """
    try:
        with open(path, "rb") as lines:
            stop = lines.seek(0, os.SEEK_END) if stop is None else stop
            lines.seek(start)
            while block := lines.read(min(BLOCK_BYTES, stop - lines.tell())):
                rest_of_line = lines.readline() if lines.tell() < stop else b""
                fields = _fields(path, block + rest_of_line, lines_before)
                yield Trials(fields[0::4], fields[1::4], np.array([label == "target" for label in fields[2::4]], dtype=bool))
                lines_before += len(fields) // 4
    except OSError as error:
        raise DataError(path, f"cannot be read: {error.strerror}") from None


def write_trials(path: str | Path, trials: Trials) -> None:
    """Write a trial list sorted by enrol and test; it appears as a whole or not at all."""
    rows = sorted(zip(trials.enrol, trials.test, trials.is_target.tolist(), strict=True))
    with atomic_write(path) as out:
        out.writelines(f"{enrol} {test} {'target' if is_target else 'nontarget'}\n" for enrol, test, is_target in rows)


def merge_trials(parts: Mapping[Path, Trials]) -> Trials:
    """The union of lists by the path each came from. Raises DataError for a pair that two of them label differently."""
    union: dict[tuple[str, str], tuple[bool, Path]] = {}
    for path, trials in parts.items():
        for enrol, test, is_target in zip(trials.enrol, trials.test, trials.is_target.tolist(), strict=True):
            known, where = union.setdefault((enrol, test), (is_target, path))
            if known != is_target:
                raise DataError(path, f"the trial {enrol} {test} is labelled otherwise than in {where}")
    return Trials([pair[0] for pair in union], [pair[1] for pair in union], np.array([label for label, _ in union.values()], dtype=bool))


def _fields(path, block: bytes, lines_before: int) -> list[str]:
    """enrol, test, label, newline, enrol, ... of a block of whole lines, split at once where every line is canonical."""
    try:
        text = block.decode("utf-8").removesuffix("\n") + "\n"
    except UnicodeDecodeError as error:
        raise DataError(path, "is not UTF-8", lines_before + block.count(b"\n", 0, error.start) + 1) from None
    fields = text.replace("\n", " \n ").split(" ")[:-1]
    num_lines = len(fields) // 4
    canonical = len(fields) % 4 == 0 and fields[3::4].count("\n") == num_lines and all(fields)
    if canonical and sum(map(fields[2::4].count, LABELS)) == num_lines:
        return fields
    return [field for number, line in enumerate(text.split("\n")[:-1], lines_before + 1) for field in _line_fields(path, line, number)]


def _line_fields(path, line: str, number: int) -> list[str]:
    """The fields of one line, whatever blanks separate them, and a newline."""
    fields = line.replace("\t", " ").split(" ")
    fields = [field for field in fields if field]
    if len(fields) != 3 or fields[2] not in LABELS:
        raise DataError(path, f"expected 'enrol test target|nontarget', found {line!r}", number)
    return [*fields, "\n"]


def _refuse_repeated_pairs(path, enrol: list[str], test: list[str]) -> None:
    """Compare pairs as numbers, 8 bytes each, instead of as a set of tuples."""
    index = {name: i for i, name in enumerate(dict.fromkeys(enrol) | dict.fromkeys(test))}
    pairs = np.fromiter(map(index.__getitem__, enrol), np.int64, len(enrol)) * len(index)
    pairs += np.fromiter(map(index.__getitem__, test), np.int64, len(test))
    if np.unique(pairs).size == pairs.size:
        return
    order = np.argsort(pairs, kind="stable")
    repeated = order[1:][pairs[order[1:]] == pairs[order[:-1]]]
    line = int(repeated.min())
    raise DataError(path, f"the pair {enrol[line]} {test[line]} is given twice", line + 1)
