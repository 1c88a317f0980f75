"""KenLM's lmplz, with which Kneser-Ney estimation is compared, compiled once into `.oracle/lmplz` of the repository.

Its sources are in the package that the library takes from pip for scoring, which has no lmplz. Compiling needs cmake, g++ and Boost
(Debian: libboost-program-options-dev libboost-thread-dev libboost-system-dev libboost-test-dev) and takes a minute or two. Tests take
the fixture `lmplz` of tests/lm/conftest.py and skip with the reason where it cannot be made.
`python3 tests/oracles/lmplz.py` makes it and prints its path.
"""

import re
import shutil
import subprocess
import sys
import tarfile
from functools import cache
from pathlib import Path

from khg_env import OracleUnavailable, install_command, made_once

PIN = "kenlm==0.3.0"
_HEADERS = ("boost/program_options.hpp", "boost/thread.hpp", "boost/test/unit_test.hpp")
_RUN_SECONDS = 300


@cache
def lmplz_program() -> Path:
    """The compiled program. Raises OracleUnavailable."""
    return made_once("lmplz", PIN, _install) / "build/bin/lmplz"


def run_lmplz(text: Path, arpa: Path, *options) -> None:
    """Estimate a model of a text. Raises RuntimeError with what lmplz said where it fails."""
    command = [lmplz_program(), "-S", "200M", "-T", arpa.parent, "--text", text, "--arpa", arpa, *map(str, options)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=_RUN_SECONDS)
    if done.returncode:
        raise RuntimeError(f"lmplz ended with status {done.returncode}:\n{done.stderr}")


def _install(folder: Path) -> None:
    _check_compiler()
    pip = [sys.executable, "-I", "-m", "pip", "--disable-pip-version-check"]
    as_source = ["--no-deps", "--no-binary", "kenlm", "--no-build-isolation"]  # else pip compiles a cmake of its own
    install_command([*pip, "download", "--quiet", *as_source, "--dest", folder, PIN])
    with tarfile.open(next(folder.glob("kenlm-*.tar.gz"))) as archive:
        archive.extractall(folder, filter="data")
    source = next(path for path in folder.glob("kenlm-*") if path.is_dir())
    install_command(["cmake", "-S", source, "-B", folder / "build", "-DCMAKE_BUILD_TYPE=Release", "-DENABLE_PYTHON=OFF"])
    install_command(["cmake", "--build", folder / "build", "--target", "lmplz"])


def _check_compiler() -> None:
    missing = [name for name in ("cmake", "g++") if not shutil.which(name)]
    if missing:
        raise OracleUnavailable(f"lmplz cannot be compiled: there is no {missing[0]}")
    includes = "".join(f"#include <{name}>\n" for name in _HEADERS)
    said = subprocess.run(["g++", "-x", "c++", "-E", "-"], input=includes, capture_output=True, text=True).stderr
    if said:
        header = re.search("boost/[^ :]*", said)
        raise OracleUnavailable(f"lmplz cannot be compiled: there is no {header[0] if header else 'Boost'}")


if __name__ == "__main__":
    print(lmplz_program())
