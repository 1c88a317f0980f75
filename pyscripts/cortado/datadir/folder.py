"""Whole folders that appear at once: written under a hidden name beside the target, synced, then renamed."""

import os
import re
import shutil
import socket
from collections.abc import Collection, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from cortado.datadir.layout import files_in
from cortado.errors import CortadoError

SPLIT_FOLDER = re.compile(r"split\d+(utt)?")


@contextmanager
def replaced_folder(path: str | Path) -> Iterator[Path]:
    """A new folder to write into that takes the place of `path`, and of all in it, when the block ends without an exception."""
    path = _absolute(path)
    with staging_folder(path) as staging:
        yield staging
        _sync(staging)
        old = _hidden_name(path, "old")
        if path.exists():
            path.rename(old)
        staging.rename(path)
        shutil.rmtree(old, ignore_errors=True)


@contextmanager
def replaced_data_dir(path: str | Path) -> Iterator[Path]:
    """A new folder to write tables into; at the end they are the data directory `path`.

    Of a directory that was there before, its tables and splits go, other files stay. utt2spk is removed first and comes
    last, so that a half replaced directory is never taken for a valid one.
    """
    path = _absolute(path)
    with staging_folder(path) as staging:
        yield staging
        if path.exists():
            place_tables(staging, path, removed=[name for name in files_in(path) if not (staging / name).exists()])
        else:
            _sync(staging)
            staging.rename(path)


def place_tables(staging: Path, path: Path, removed: Collection[str]) -> None:
    """Move all tables of `staging` to the existing directory `path` and take those named `removed` and all splits from it."""
    _sync(staging)
    new = {file.name for file in staging.iterdir()}
    for name in {*removed, "utt2spk"} if "utt2spk" in new else removed:
        (path / name).unlink(missing_ok=True)
    for folder in path.iterdir():
        if SPLIT_FOLDER.fullmatch(folder.name) and folder.is_dir():
            shutil.rmtree(folder)
    for name in sorted(new, key=lambda name: (name == "utt2spk", name)):
        (staging / name).replace(path / name)


@contextmanager
def staging_folder(path: Path) -> Iterator[Path]:
    """A hidden empty folder beside `path`, removed at the end; OSErrors within become CortadoErrors that name `path`."""
    staging = _hidden_name(path, "tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _remove_leftovers(path)
        staging.mkdir()
        yield staging
    except OSError as error:
        raise CortadoError(f"cannot write {path}: {error.strerror or error}") from error
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def _absolute(path: str | Path) -> Path:
    return Path(os.path.abspath(path))  # noqa: PTH100 -- resolve() would leave a linked folder for its target


def _hidden_name(path: Path, use: str) -> Path:
    return path.with_name(f".{path.name}.{socket.gethostname()}.{os.getpid()}.{use}")


def _remove_leftovers(path: Path) -> None:
    """Remove hidden folders of processes of this machine that were killed while they wrote `path`."""
    start = f".{path.name}.{socket.gethostname()}."
    for folder in path.parent.iterdir():
        process, _, use = folder.name.removeprefix(start).partition(".")
        if folder.name.startswith(start) and process.isdigit() and use in ("tmp", "old") and not _is_alive(int(process)):
            shutil.rmtree(folder, ignore_errors=True)


def _is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return True


def _sync(folder: Path) -> None:
    """Bring every file and folder below `folder` to disk, after all are written and many at a time: far cheaper than one by one."""
    paths = [os.path.join(parent, name) for parent, _, names in os.walk(folder) for name in [*names, "."]]  # noqa: PTH118
    with ThreadPoolExecutor(16) as pool:
        for _ in pool.map(_sync_one, paths):
            pass


def _sync_one(path: str) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
