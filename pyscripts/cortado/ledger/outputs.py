"""The files a stage has made: RESULTS.md and what lies below data/ and exp/, found by the time it was written."""

import os
import re
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path

from cortado.ledger.inputs import MOST_FILES

PRODUCTS = ("data", "exp", "RESULTS.md")  # beside run.sh
MOST_DEPTH = 4  # exp/resnet/test/embeddings.scp; deeper lie corpora
# Copies for the jobs, what launchers keep, and curves: no stage reads them.
PASSED_OVER = re.compile(r"split\d.*|q|log|tensorboard|\..*")


def is_product(path: str) -> bool:
    """Whether a file lies where stages write."""
    return Path(path).parts[0] in PRODUCTS


def written_since(time_ns: int, declared: Iterable[str]) -> list[str]:
    """Files whose inode changed at `time_ns` or later: RESULTS.md, those below data/ and exp/, and those in `declared` folders.

    The time of the inode, not of the contents: `cp -p` and `tar` set the latter back.
    """
    found = {path for place in PRODUCTS for path in (_files(place, MOST_DEPTH) if Path(place).is_dir() else [place])}
    found |= {str(Path(path)) for place in declared if Path(place).is_dir() for path in _files(place, 0)}
    return sorted(path for path in found if _changed_at(path) >= time_ns)


def _changed_at(path: str) -> int:
    try:
        return Path(path).stat().st_ctime_ns
    except FileNotFoundError:  # the temporary file of somebody who works beside us
        return 0


def _files(folder: str, depth: int) -> Iterator[str]:
    """The files of a folder and of those below it, `depth` levels at most, without what is passed over."""
    try:
        with os.scandir(folder) as entries:
            found = list(islice(entries, MOST_FILES + 1))
    except (FileNotFoundError, PermissionError):  # somebody else's
        return
    if len(found) > MOST_FILES:
        return
    for entry in found:
        if PASSED_OVER.fullmatch(entry.name):
            continue
        if entry.is_file():
            yield entry.path
        elif depth and entry.is_dir():
            yield from _files(entry.path, depth - 1)


def measure(paths: Iterable[str]) -> dict[str, dict]:
    """Path -> {lines, bytes} of files; `lines` is None for a binary one, of which no more than the beginning is read."""
    measures = {}
    for path in paths:
        try:
            measures[path] = {"lines": _num_lines(path), "bytes": Path(path).stat().st_size}
        except (FileNotFoundError, PermissionError):  # somebody else's
            continue
    return measures


def _num_lines(path: str) -> int | None:
    lines = 0
    with open(path, "rb") as handle:
        block = handle.read(1 << 13)
        if b"\0" in block:
            return None
        while block:
            lines += block.count(b"\n")
            block = handle.read(1 << 20)
    return lines
