"""The files a stage declares as its inputs: which they are, and whether one is still what it was."""

import functools
import glob
import hashlib
import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from cortado.errors import CortadoError

MOST_FILES = 5000  # of one folder; a folder of more is a heap of recordings or crops and no place for tables

Stamp = list[int]  # size in bytes, time of change in ns, inode


def stamp(path: str) -> Stamp | None:
    """What tells a version of a file without reading it; None when there is none."""
    try:
        status = Path(path).stat()
    except (FileNotFoundError, NotADirectoryError):
        return None
    return [status.st_size, status.st_mtime_ns, status.st_ino]


def declared_files(words: Iterable[str]) -> list[str]:
    """The files behind the words at a stage's title: a file, a folder's own files, or what a pattern matches now.

    Hidden files do not count. Raises CortadoError for a word behind which there is nothing, and for a folder of more than
    MOST_FILES. Arks need not be declared, and at hundreds of gigabytes should not: a data directory has feats.md5 for them.
    """
    files: dict[str, None] = {}
    for word in map(_from_here, words):
        found = [word] if Path(word).exists() else sorted(glob.glob(word))  # noqa: PTH207 as the shell matches, absolute or not
        if not found:
            raise CortadoError(f"there is no {word!r}, which is declared as an input")
        for path in found:
            files.update(dict.fromkeys(files_in(path) if Path(path).is_dir() else [path]))
    return list(files)


def _from_here(word: str) -> str:
    if not word:
        raise CortadoError("one of the words that declare its inputs is empty")
    path = Path(word)
    return str(path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path)


def files_in(folder: str) -> Iterator[str]:
    with os.scandir(Path(folder)) as entries:
        found = sorted(entry.path for entry in entries if not entry.name.startswith(".") and entry.is_file())
    if len(found) > MOST_FILES:
        raise CortadoError(f"{folder} is declared as an input and holds {len(found)} files: declare a table of them instead")
    yield from found


@functools.cache
def read_version(path: str) -> dict:
    """{md5, lines, stamp} of a file; `lines` is None for a binary one. A process reads a file once."""
    before, digest, lines, is_binary = stamp(path), hashlib.md5(usedforsecurity=False), 0, False
    with open(path, "rb") as handle:
        while block := handle.read(1 << 20):
            digest.update(block)
            lines += block.count(b"\n")
            is_binary = is_binary or b"\0" in block
    return {"md5": digest.hexdigest(), "lines": None if is_binary else lines, "stamp": before}


def versions(paths: Iterable[str], known: Iterable[Mapping[str, dict]]) -> dict[str, dict]:
    """Path -> its `read_version`, taken from one of `known` (the like) where the stamp is the same: such a file is not read again."""
    read = {(path, *entry["stamp"]): entry for entries in known for path, entry in entries.items()}
    return {path: read.get((path, *(stamp(path) or ()))) or read_version(path) for path in paths}


def change(path: str, before: dict) -> str | None:
    """What has happened to a file since it had the version `before`; None if its bytes are the same."""
    now = stamp(path)
    if now is None:
        return f"{path} is gone"
    if now == before["stamp"] or read_version(path)["md5"] == before["md5"]:
        return None
    return f"{path} has changed"
