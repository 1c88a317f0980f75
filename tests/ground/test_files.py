"""A file appears whole or not at all, whatever happens while it is written."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from cortado.errors import CortadoError
from cortado.files import atomic_write, file_digest, write_json


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_the_new_file_takes_the_place_of_the_old_one_and_folders_are_made(tmp_path):
    path = tmp_path / "a/b/c"
    for text in ("old\n", "ä new one\n"):
        with atomic_write(path) as out:
            out.write(text)
    assert contents(path.parent) == {"c": "ä new one\n".encode()}


def test_until_the_block_ends_readers_see_the_old_file(tmp_path):
    (tmp_path / "x").write_text("old")
    with atomic_write(tmp_path / "x", "wb") as out:
        out.write(b"new")
        out.flush()
        assert (tmp_path / "x").read_text() == "old"


@pytest.mark.parametrize("exception", [ValueError, KeyboardInterrupt])
def test_an_exception_leaves_the_old_file_and_nothing_else(tmp_path, exception):
    (tmp_path / "x").write_text("old")
    with pytest.raises(exception), atomic_write(tmp_path / "x") as out:
        out.write("half of the new")
        out.flush()
        raise exception
    assert contents(tmp_path) == {"x": b"old"}


def test_a_killed_process_leaves_the_old_file(tmp_path):
    (tmp_path / "x").write_text("old")
    program = """
import os, signal, sys
from cortado.files import atomic_write
with atomic_write(sys.argv[1]) as out:
    out.write("half of the new")
    out.flush()
    os.kill(os.getpid(), signal.SIGKILL)
"""
    killed = subprocess.run([sys.executable, "-c", program, tmp_path / "x"], check=False)
    assert killed.returncode == -signal.SIGKILL
    assert (tmp_path / "x").read_text() == "old"
    with atomic_write(tmp_path / "x") as out:  # what the killed one left is in nobody's way
        out.write("new")
    assert (tmp_path / "x").read_text() == "new"


def test_a_disk_without_room_is_named_and_leaves_the_old_file(tmp_path, disk_full_after):
    (tmp_path / "x").write_text("old")
    message = f"cannot write {tmp_path}/x: File too large"
    with disk_full_after(1000), pytest.raises(CortadoError, match=message), atomic_write(tmp_path / "x") as out:
        out.write("n" * 5000)
    assert contents(tmp_path) == {"x": b"old"}


def test_a_place_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(CortadoError, match=f"cannot write {tmp_path}/file/x"), atomic_write(tmp_path / "file/x") as out:
        out.write("new")


def test_the_new_file_is_on_disk_before_it_gets_its_name(tmp_path, monkeypatch):
    calls = []
    real_sync, real_replace = os.fsync, Path.replace
    monkeypatch.setattr(os, "fsync", lambda descriptor: (calls.append("sync"), real_sync(descriptor)))
    monkeypatch.setattr(Path, "replace", lambda self, target: (calls.append("rename"), real_replace(self, target))[1])
    with atomic_write(tmp_path / "x") as out:
        out.write("new")
    assert calls == ["sync", "rename", "sync"]  # the file, its name, the folder that holds the name


def test_equal_values_are_equal_json_bytes(tmp_path):
    write_json(tmp_path / "a", {"b": 1, "a": ["ä"]})
    write_json(tmp_path / "b", {"a": ["ä"], "b": 1})
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes() == '{\n  "a": [\n    "ä"\n  ],\n  "b": 1\n}\n'.encode()


def test_a_digest_is_md5s(tmp_path):
    (tmp_path / "x").write_bytes(bytes(range(256)) * 10_000)
    expected = subprocess.run(["md5sum", tmp_path / "x"], capture_output=True, text=True, check=True).stdout.split()[0]
    assert file_digest(tmp_path / "x") == expected
