"""Arks written object by object, in bounded memory, which appear under their names only when they are complete."""

import contextlib
import re
import struct
from pathlib import Path
from typing import IO

import numpy as np
from kaldiio import save_ark
from kaldiio.compression_header import kTwoByteAuto

from cortado.ark.format import INT_ENTRY
from cortado.errors import CortadoError
from cortado.files import commit, temporary_name

_BUFFER = 1 << 18  # bytes
_FLOATS = {("f4", 1): b"FV ", ("f4", 2): b"FM ", ("f8", 1): b"DV ", ("f8", 2): b"DM "}
_WANTED = "wanted: float32 or float64 of 1 or 2 dimensions, int32 of 1, or uint8 of 3 or 4"
_NOT_IN_KEYS = re.compile(r"[\x00-\x20\x7f]")


class ArkWriter:
    """Write an ark, and an scp of it when `scp_path` is given, as Kaldi's own tools would.

    float32 or float64 arrays become matrices (2-D) or vectors (1-D), int32 1-D arrays int vectors, uint8 arrays of pictures (time,
    height, width) or (time, height, width, colours) NPY entries. With `compress`, matrices are stored in two bytes a value (Kaldi's
    CM2: row by row, so that parts of them can be read). The scp holds `ark_path` as it was given. Folders are made when missing.

        with ArkWriter("exp/x/feats.ark", "exp/x/feats.scp") as writer:
            writer.write("utt-1", feats)

    When the block ends, the ark and then the scp get their names; when it ends by an exception, nothing of them is left and
    older files of these names stay.
    Raises CortadoError naming key or file: for a duplicate key, another type of array, a disk that is full.
    """

    def __init__(self, ark_path: str | Path, scp_path: str | Path | None = None, compress: bool = False):
        self._name, self._compress = str(ark_path), compress
        self._targets = [Path(path) for path in (ark_path, scp_path) if path is not None]
        self._temporaries = [temporary_name(path) for path in self._targets]
        self._files: list[IO[bytes]] = []
        self._keys: set[str] = set()

    def __enter__(self) -> "ArkWriter":
        try:
            for target, temporary in zip(self._targets, self._temporaries, strict=True):
                target.parent.mkdir(parents=True, exist_ok=True)
                self._files.append(open(temporary, "wb", buffering=_BUFFER))
        except OSError as error:
            self._discard()
            raise CortadoError(f"cannot write {target}: {error.strerror}") from error
        return self

    def write(self, key: str, array: np.ndarray) -> None:
        """Append one object."""
        self._check_key(key)
        ark, *scp = self._files
        try:
            offset = ark.tell() + len(key.encode()) + 1
            _write_object(ark, key, array, self._compress)
            for file in scp:
                file.write(f"{key} {self._name}:{offset}\n".encode())
        except OSError as error:
            raise CortadoError(f"cannot write {self._name}: {error.strerror} (at {key})") from error

    def __exit__(self, kind, *_) -> None:
        if kind is not None:
            self._discard()
            return
        try:
            for file in self._files:
                file.close()
            for old_scp in self._targets[1:]:
                old_scp.unlink(missing_ok=True)  # between the two renames it would point into an ark it does not belong to
            for temporary, target in zip(self._temporaries, self._targets, strict=True):
                commit(temporary, target)
        except OSError as error:
            self._discard()
            raise CortadoError(f"cannot write {self._name}: {error.strerror}") from error

    def _check_key(self, key: str) -> None:
        if not key or _NOT_IN_KEYS.search(key):
            raise CortadoError(f"{self._name}: {key!r} cannot be a key: it is empty or has white space in it")
        if key in self._keys:
            raise CortadoError(f"{self._name}: key {key} is written for the second time")
        self._keys.add(key)

    def _discard(self) -> None:
        for file, temporary in zip(self._files, self._temporaries, strict=False):  # when one could not be opened, there are fewer files
            with contextlib.suppress(OSError):  # a full disk fails once more when the rest of the buffer is flushed
                file.close()
            temporary.unlink(missing_ok=True)


def _write_object(file: IO[bytes], key: str, array: np.ndarray, compress: bool) -> None:
    kind = (array.dtype.str[1:], array.ndim) if isinstance(array, np.ndarray) and array.dtype.isnative else None
    if kind in _FLOATS:
        _check_shape(key, array)
        if compress and array.ndim == 2 and array.size:
            _check_finite(key, array)
            save_ark(file, {key: array}, compression_method=kTwoByteAuto)
            return
        sizes = b"".join(struct.pack("<bi", 4, size) for size in array.shape)
        file.write(f"{key} \0B".encode() + _FLOATS[kind] + sizes)
        file.write(np.ascontiguousarray(array).data.cast("B") if array.size else b"")
    elif kind == ("i4", 1):
        entries = np.empty(len(array), dtype=INT_ENTRY)
        entries["size"], entries["value"] = 4, array
        file.write(f"{key} \0B".encode() + struct.pack("<bi", 4, len(array)) + entries.tobytes())
    elif kind in (("u1", 3), ("u1", 4)):
        save_ark(file, {key: np.ascontiguousarray(array)}, write_function="numpy")
    else:
        raise CortadoError(f"{key}: {_describe(array)} has no place in an ark; {_WANTED}")


def _describe(array) -> str:
    return f"{array.dtype} of {array.ndim} dimensions" if isinstance(array, np.ndarray) else f"a {type(array).__name__}"


def _check_shape(key: str, array: np.ndarray) -> None:
    if array.ndim == 2 and array.size == 0 and array.shape != (0, 0):
        raise CortadoError(f"{key}: a matrix of {array.shape[0]} x {array.shape[1]} is empty, and Kaldi's readers refuse it")


def _check_finite(key: str, array: np.ndarray) -> None:
    if not np.isfinite(array).all():
        raise CortadoError(f"{key}: it has NaN or infinite values, which a compressed matrix cannot hold")
