"""Bytes from front to back with a look ahead: of a file, a gzip file, the output of a command, or standard input."""

import gzip
import io
import os
import re
import subprocess
import sys
import tempfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from cortado.errors import DataError

_BLOCK = 1 << 12  # bytes read at once while looking ahead; data of an object go straight into their array
_PIECE = 1 << 24  # bytes claimed at once when no file size tells whether a header speaks the truth
_STOPPED_BY_READER = 128 + 13  # the shell's status for SIGPIPE: `zcat x | head` has done what it was asked


class Stream:
    """Forward-only bytes. `position` counts those taken so far; `size` is the whole, None where it cannot be known."""

    def __init__(self, handle, name: str, size: int | None = None):
        self.name, self.size, self.position = name, size, 0
        self._handle, self._ahead, self._used = handle, b"", 0

    def peek(self, count: int) -> bytes:
        """The next `count` bytes without taking them; fewer where the data end."""
        while len(self._ahead) - self._used < count:
            block = self._call(self._handle.read, max(_BLOCK, count))
            if not block:
                break
            self._ahead, self._used = self._ahead[self._used :] + block, 0
        return self._ahead[self._used : self._used + count]

    def peek_through(self, stop: re.Pattern[bytes], limit: int | None = None) -> bytes:
        """The next bytes up to and with the first match of `stop`; all that is left, or the next `limit`, where there is none."""
        seen, count = 0, 256
        while True:
            ahead = self.peek(count if limit is None else min(count, limit))
            if match := stop.search(ahead, seen):
                return ahead[: match.end()]
            if len(ahead) == seen:
                return ahead
            seen, count = len(ahead), 2 * count

    def rest(self) -> bytes:
        """All bytes that are left."""
        blocks = [self._ahead[self._used :]]
        while block := self._call(self._handle.read, _PIECE):
            blocks.append(block)
        self._ahead, self._used = b"", 0
        data = b"".join(blocks)
        self.position += len(data)
        return data

    def take(self, count: int) -> np.ndarray:
        """The next `count` bytes as a writable uint8 array; fewer where the data end."""
        ahead = self._ahead[self._used : self._used + count]
        self._used += len(ahead)
        self.position += len(ahead)
        if len(ahead) == count:
            return np.frombuffer(bytearray(ahead), dtype=np.uint8)
        return self._take_beyond(ahead, count)

    def _take_beyond(self, ahead: bytes, count: int) -> np.ndarray:
        """`ahead` and the bytes that follow it, read straight into the array of all `count`."""
        whole = count if self.size is None else min(count, len(ahead) + self.size - self.position)
        data = np.empty(whole if self.size is not None else min(whole, max(_PIECE, len(ahead))), dtype=np.uint8)
        view, done = memoryview(data), len(ahead)
        view[:done] = ahead
        while done < whole:
            if done == len(data):
                data = np.concatenate([data, np.empty(min(whole - done, len(data)), dtype=np.uint8)])
                view = memoryview(data)
            step = self._call(self._handle.readinto, view[done:])
            if not step:
                break
            done += step
        self.position += done - len(ahead)
        return data if done == len(data) else data[:done]

    def skip(self, count: int) -> int:
        """Pass over `count` bytes; returns how many there were to pass."""
        ahead = min(count, len(self._ahead) - self._used)
        self._used += ahead
        self.position += ahead
        left = count - ahead
        if not left:
            return count
        if self.size is not None:
            left = min(left, self.size - self.position)
            self._handle.seek(left, os.SEEK_CUR)
            self.position += left
            return ahead + left
        while left and (step := len(self.take(min(left, _PIECE)))):
            left -= step
        return count - left

    def _call(self, read, argument):
        try:
            return read(argument)
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            raise DataError(self.name, f"byte {self.position} of what is compressed in it: {error}") from None
        except OSError as error:
            raise DataError(self.name, f"byte {self.position}: cannot be read: {error.strerror}") from None


@contextmanager
def open_stream(name: str) -> Iterator[Stream]:
    """Open a path, a path ending in .gz, 'command |' or '-' (standard input) for reading. Raises DataError.

    A command that fails is a DataError with its status and what it said on stderr, raised where its output ends.
    """
    if name == "-":
        yield Stream(sys.stdin.buffer.raw, "standard input")
    elif name.endswith("|"):
        with _Pipe(name) as pipe:
            yield Stream(pipe, name)
    else:
        with _open_file(name) as file:
            if name.endswith(".gz"):
                yield Stream(_unzip(file, name), name)
            else:
                yield Stream(file, name, _size(file))


def _open_file(path: str) -> io.FileIO:
    try:
        return open(path, "rb", buffering=0)
    except OSError as error:
        raise cannot_open(path, error) from None


def cannot_open(path: str, error: OSError) -> DataError:
    """The error for a file that is missing or closed to us; a relative path is told from where it was looked for."""
    if isinstance(error, FileNotFoundError):
        return DataError(path, "no such file" if path.startswith("/") else f"no such file (looked for from {Path.cwd()})")
    return DataError(path, f"cannot be read: {error.strerror}")


def _unzip(file: io.FileIO, name: str) -> gzip.GzipFile:
    if os.pread(file.fileno(), 2, 0) != b"\x1f\x8b":  # the module itself would take an empty file for empty data
        raise DataError(name, "byte 0: not a gzip file")
    return gzip.GzipFile(fileobj=file)


def _size(file: io.FileIO) -> int | None:
    return os.fstat(file.fileno()).st_size if file.seekable() else None


class _Pipe:
    """The output of a shell command, checked for success at its end. Any command of a pipeline that fails fails it."""

    def __init__(self, name: str):
        self._name = name
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 (closed in __exit__)
        command = name.rstrip("|").strip()
        self._process = subprocess.Popen(["bash", "-o", "pipefail", "-c", command], stdout=subprocess.PIPE, stderr=self._errors, bufsize=0)

    def read(self, count: int) -> bytes:
        block = self._process.stdout.read(count)
        return block if block else self._finish()

    def readinto(self, target: memoryview) -> int:
        return self._process.stdout.readinto(target) or len(self._finish())

    def _finish(self) -> bytes:
        status = self._process.wait()
        self._errors.seek(0)
        said = self._errors.read().decode(errors="replace").strip()
        if status not in (0, _STOPPED_BY_READER):
            raise DataError(self._name, f"the command failed with status {status}{': ' + said[-2000:] if said else ''}")
        if said:
            print(said, file=sys.stderr)
            self._errors.truncate(0)  # whoever reads at the end once more comes here again
        return b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._process.stdout.close()
        if self._process.poll() is None:  # its reader has seen enough
            self._process.terminate()
            self._process.wait()
        self._errors.close()
