"""Files that appear whole or not at all: written under a temporary name beside the target, synced, then renamed."""

import hashlib
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from cortado.errors import CortadoError


def temporary_name(path: Path) -> Path:
    """The hidden name under which `path` is written; it holds the process id, so two writers never share one."""
    return path.with_name(f".{path.name}.{os.getpid()}.tmp")


def commit(temporary: Path, path: Path) -> None:
    """Sync a finished temporary file to disk and give it its real name, replacing an older file in one step."""
    with open(temporary, "rb") as written:
        os.fsync(written.fileno())
    temporary.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


@contextmanager
def atomic_write(path: str | Path, mode: str = "w") -> Iterator[IO]:
    """Open `path` for writing so that it changes only if the block ends without an exception.

    The folder is made when missing. Raises CortadoError naming `path` when the disk is full or not writable; the old
    file, if any, is then untouched and no temporary file is left.
    """
    path = Path(path)
    temporary = temporary_name(path)
    encoding = None if "b" in mode else "utf-8"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with open(temporary, mode, encoding=encoding) as handle:
            yield handle
        commit(temporary, path)
    except OSError as error:
        raise CortadoError(f"cannot write {path}: {error.strerror or error}") from error
    finally:
        with suppress(OSError):  # renamed, or never made
            temporary.unlink()


def write_json(path: str | Path, value) -> None:
    """Write `value` as indented JSON with sorted keys, so that equal values are equal bytes."""
    with atomic_write(path) as out:
        out.write(json.dumps(value, indent=2, sort_keys=True, ensure_ascii=False) + "\n")


def file_digest(path: str | Path) -> str:
    """MD5 of a file's bytes as 32 hexadecimal digits: names a version of a trial list or config, guards nothing."""
    digest = hashlib.md5(usedforsecurity=False)
    with open(path, "rb") as handle:
        while block := handle.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()
