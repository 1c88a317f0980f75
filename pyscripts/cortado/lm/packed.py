"""Files that are gzipped when their name ends in .gz."""

import gzip
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from cortado.errors import DataError
from cortado.files import atomic_write


@contextmanager
def open_packed(path: str | Path) -> Iterator[BinaryIO]:
    """Open for reading. Raises DataError when it cannot be read, also while it is read."""
    try:
        with gzip.open(path, "rb") if str(path).endswith(".gz") else open(path, "rb") as file:
            yield file
    except (OSError, EOFError) as error:
        raise DataError(path, f"cannot be read: {getattr(error, 'strerror', None) or error}") from error


@contextmanager
def write_packed(path: str | Path) -> Iterator[BinaryIO]:
    """Open for writing as files.atomic_write; the same contents are the same bytes."""
    with atomic_write(path, "wb") as out:
        if str(path).endswith(".gz"):
            with gzip.GzipFile(filename="", fileobj=out, mode="wb", compresslevel=6, mtime=0) as packed:
                yield packed
        else:
            yield out
