"""CTM files: when each word or phone was said. Lines are 'utterance channel start duration label [confidence]', times in seconds."""

from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from cortado.errors import DataError
from cortado.lang.rows import read_rows, write_rows


class Timed(NamedTuple):
    """A word or phone from `start` to `end`, in seconds."""

    start: float
    end: float
    label: str


def read_ctm(path: str | Path) -> dict[str, list[Timed]]:
    """Utterance -> what was said, in the order of the file. Raises DataError with file and line."""
    said: dict[str, list[Timed]] = {}
    for line, fields in read_rows(path):
        try:
            utterance, _, start, duration, label = fields[:5]
            said.setdefault(utterance, []).append(Timed(float(start), float(start) + float(duration), label))
        except ValueError:
            raise DataError(path, "expected utterance, channel, start, duration and label", line) from None
    return said


def write_ctm(path: str | Path, said: Iterable[tuple[str, Iterable[Timed]]]) -> None:
    """Write (utterance, what was said) in this order, to the millisecond, atomically."""
    rows = ([utterance, "1", f"{t.start:.3f}", f"{t.end - t.start:.3f}", t.label] for utterance, timed in said for t in timed)
    write_rows(path, rows)
