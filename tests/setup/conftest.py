"""A small repository whose set-up takes milliseconds: a stub stands in for `python -m venv` and for pip."""

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent

# As "python -m venv DIR" it makes DIR/bin/python3, a copy of itself; as pip it notes its arguments and then does what
# the test asked for in STUB_PIP; all else is passed on to the real Python.
STUB_PYTHON = f"""#!/usr/bin/env bash
case "$*" in
  "-I -m venv "*) mkdir -p "${{@: -1}}/bin" && cp "$0" "${{@: -1}}/bin/python3" ;;
  "-I -m pip "*) echo "$*" >> "$STUB_LOG"; eval "${{STUB_PIP:-}}" ;;
  *) exec '{sys._base_executable}' "$@" ;;
esac
"""
SITECUSTOMIZE = """import os, sys
sys._base_executable = os.environ["STUB_PYTHON"]
exec(os.environ.get("SABOTAGE", ""))
"""


class Tree:
    """A copy of the set-up files in a folder with a space in its name, and the stub that serves it."""

    def __init__(self, folder: Path):
        self.root = folder / "a house"
        self.log = folder / "pip.log"
        for name in ("path.sh", "utils/make_env.py"):
            (self.root / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, self.root / name)
        self.write("conf/requirements.txt", "alpha==1.0\n")
        self.write("conf/requirements-test.txt", "beta==1.0\n")
        self.write("pyscripts/sitecustomize.py", SITECUSTOMIZE)
        self.stub = self.write("../stub-python", STUB_PYTHON)
        self.stub.chmod(0o755)
        path = os.environ["PATH"].replace(f"{ROOT}/.venv/bin:", "")  # as in a shell that has not sourced path.sh
        self.env = {**os.environ, "PATH": path, "PYTHONPATH": str(self.root / "pyscripts")}
        self.env |= {"STUB_PYTHON": str(self.stub), "STUB_LOG": str(self.log)}

    def write(self, name: str, text: str) -> Path:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    def start(self, *options: str, **env: str) -> subprocess.Popen:
        """utils/make_env.py in a process group of its own, its two outputs in one pipe."""
        command = [sys._base_executable, self.root / "utils/make_env.py", *options]
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
        return subprocess.Popen(command, env={**self.env, **env}, text=True, start_new_session=True, **pipes)

    def make_env(self, *options: str, **env: str) -> tuple[int, str]:
        """Exit status and output of utils/make_env.py."""
        with self.start(*options, **env) as process:
            output = process.communicate()[0]
        return process.returncode, output

    def bash(self, script: str, **options) -> subprocess.CompletedProcess:
        """A strict bash that runs `script` with TREE set to the root of the tree."""
        env = {**self.env, "TREE": str(self.root), **options.pop("env", {})}
        command = ["bash", "-euo", "pipefail", "-c", script]
        return subprocess.run(command, env=env, text=True, capture_output=True, **options)

    def pip_calls(self) -> list[str]:
        """The list of requirements of each call of pip so far."""
        lines = self.log.read_text().splitlines() if self.log.exists() else []
        return [Path(line).name for line in lines]


@pytest.fixture
def tree(tmp_path) -> Tree:
    return Tree(tmp_path)


@pytest.fixture
def wait_for():
    """Wait until a file exists; fail when the process that should make it ends before."""

    def wait(path: Path, process: subprocess.Popen) -> None:
        while not path.exists():
            assert process.poll() is None, process.communicate()[0]
            time.sleep(0.01)

    return wait
