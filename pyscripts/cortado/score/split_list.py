"""A trial list cut into parts for as many jobs: runs of lines, which a job reads straight from the list.

So nothing of a list of many gigabytes is copied, and a job knows the number of the line that it finds wrong.
"""

import hashlib
import json
from bisect import bisect_right
from dataclasses import dataclass
from itertools import accumulate, pairwise
from pathlib import Path

from cortado.config import from_dict, to_dict
from cortado.errors import ConfigError, DataError
from cortado.files import write_json

READ_BYTES = 1 << 20


@dataclass(frozen=True)
class Part:
    """Lines of a trial list: how many, how many come before them, and the bytes from `start` to `stop` that hold them."""

    num_trials: int
    lines_before: int
    start: int
    stop: int


@dataclass(frozen=True)
class SplitList:
    """A trial list cut into parts: the MD5 of the file it was, and the parts in file order."""

    md5: str
    parts: tuple[Part, ...]

    @property
    def num_trials(self) -> int:
        return self.parts[-1].lines_before + self.parts[-1].num_trials

    def write(self, path: str | Path) -> None:
        """Write as JSON, atomically."""
        write_json(path, to_dict(self))


def read_split(path: str | Path) -> SplitList:
    """Read what SplitList.write wrote. Raises DataError for anything else."""
    try:
        return from_dict(SplitList, json.loads(Path(path).read_text(encoding="utf-8")), str(path))
    except OSError as error:
        raise DataError(path, f"cannot be read: {error.strerror}; split_trials.py makes it") from None
    except (ValueError, TypeError):
        raise DataError(path, "is no list of parts; split_trials.py makes it") from None


def split_trials(path: str | Path, num_parts: int) -> SplitList:
    """Cut a trial list into parts of equally many lines, but for one. Reads it once.

    Raises DataError for a file that is missing or empty and ConfigError for less than one part or more parts than lines.
    """
    try:
        with open(path, "rb") as trials:
            md5, lines_before_block, size = _count_lines(trials)
            if not size:
                raise DataError(path, "is empty")
            num_trials = lines_before_block[-1]
            if not 1 <= num_parts <= num_trials:
                raise ConfigError(f"{path} has {num_trials} lines, which make no {num_parts} parts")
            firsts = [num_trials * part // num_parts for part in range(num_parts)]
            starts = [_find_line(trials, line, lines_before_block) for line in firsts]
    except OSError as error:
        raise DataError(path, f"cannot be read: {error.strerror}") from None
    lines, offsets = pairwise([*firsts, num_trials]), pairwise([*starts, size])
    return SplitList(md5, tuple(Part(end - first, first, *place) for (first, end), place in zip(lines, offsets, strict=True)))


def _count_lines(trials) -> tuple[str, list[int], int]:
    """MD5 of the open file, the number of lines that end before each block and in the whole file, and its size."""
    digest = hashlib.md5(usedforsecurity=False)
    counts, last = [], b""
    while block := trials.read(READ_BYTES):
        digest.update(block)
        counts.append(block.count(b"\n"))
        last = block
    if counts and not last.endswith(b"\n"):
        counts[-1] += 1
    return digest.hexdigest(), list(accumulate(counts, initial=0)), trials.tell()


def _find_line(trials, line: int, lines_before_block: list[int]) -> int:
    """The byte at which the line begins, counted from 0."""
    if line == 0:
        return 0
    number = bisect_right(lines_before_block, line - 1) - 1  # the block in which the line before it ends
    trials.seek(number * READ_BYTES)
    block, end = trials.read(READ_BYTES), -1
    for _ in range(line - lines_before_block[number]):
        end = block.index(b"\n", end + 1)
    return number * READ_BYTES + end + 1
