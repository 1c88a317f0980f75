"""Kaldi's own code, from the shared libraries inside the wheel of kaldi-active-grammar, in `.oracle/kaldi` of the repository.

The wheel has no executables and no headers; kaldi_copy.cc declares the few classes it needs and is compiled here. Tests take the
fixture `kaldi_copy` of tests/hmm/conftest.py and skip with the reason where there is no such wheel or no g++.
"""

import subprocess
import sys
from functools import cache
from pathlib import Path

from khg_env import HERE, install_command, made_once

PIN = "kaldi-active-grammar==3.2.0"
_SOURCE = HERE / "kaldi_copy.cc"
_RUN_SECONDS = 120


@cache
def kaldi_copy_program() -> Path:
    """The compiled kaldi_copy.cc. Raises OracleUnavailable."""
    return made_once("kaldi", PIN + _SOURCE.read_text(), _install) / "kaldi_copy"


def run_kaldi_copy(*arguments: str | Path, stdin: str = "") -> str:
    """What kaldi_copy prints. Raises RuntimeError with what it said where it fails."""
    command = [kaldi_copy_program(), *arguments]
    done = subprocess.run(command, input=stdin, capture_output=True, text=True, timeout=_RUN_SECONDS)
    if done.returncode:
        raise RuntimeError(f"kaldi_copy {arguments[0]} ended with status {done.returncode}:\n{done.stderr}")
    return done.stdout


def _install(folder: Path) -> None:
    pip = [sys.executable, "-I", "-m", "pip", "--disable-pip-version-check"]
    install_command([*pip, "install", "--quiet", "--no-deps", "--only-binary", ":all:", "--target", folder, PIN])
    libraries = folder / "kaldi_active_grammar.libs"
    wanted = [path for name in ("hmm", "gmm", "tree", "base") for path in libraries.glob(f"libkaldi-{name}-*.so")]
    # --disable-new-dtags: the path is for what these libraries need, too
    linking = [f"-Wl,-rpath,{libraries},--disable-new-dtags,--allow-shlib-undefined", "-o", folder / "kaldi_copy"]
    install_command(["g++", "-std=c++17", _SOURCE, *wanted, *linking])
