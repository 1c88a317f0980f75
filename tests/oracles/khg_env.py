"""kaldi-hmm-gmm, with which the HMM toolkit is compared, in an environment of its own: `.oracle/kaldi-hmm-gmm` in the repository.

It needs kaldifst 1.7 where the library has 1.8, and two copies of OpenFst in one process hang; so it runs in processes of its
own, and what goes in and comes out are files of arrays:

    from khg_env import run_oracle              # tests/oracles is put on sys.path by tests/hmm/conftest.py
    out = run_oracle("khg_gmm.py", x=frames)    # runs tests/oracles/khg_gmm.py IN.npz OUT.npz, which reads and writes them by numpy

Tests take the fixture `khg` of tests/hmm/conftest.py, which is run_oracle, and skip with the reason where pip cannot install it.
In such a program `import kaldi_hmm_gmm` comes before kaldifst and kaldi_decoder: the other order hangs.
`python3 tests/oracles/khg_env.py` makes the environment and prints the path of its Python.
"""

import fcntl
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np

HERE = Path(__file__).resolve().parent
HOME = HERE.parent.parent / ".oracle"
PINS = (
    "graphviz==0.21",
    "kaldi-decoder==0.2.11",
    "kaldi-hmm-gmm==1.1.4",
    "kaldialign==0.12.0",
    "kaldifst==1.7.17",
    "kaldilm==1.15.5",
    "numpy==2.2.6",
)
_INSTALL_SECONDS = 900
_RUN_SECONDS = 600  # a wrong order of imports hangs for ever


class OracleUnavailable(Exception):
    """The environment could not be made; the message says why."""


@cache
def oracle_python() -> Path:
    """The Python that has kaldi-hmm-gmm; its environment is made where it is missing. Raises OracleUnavailable."""
    return made_once("kaldi-hmm-gmm", "\n".join(PINS), _install) / "bin/python3"


def run_oracle(program: str | Path, **arrays: np.ndarray) -> dict[str, np.ndarray]:
    """What `program` (a file, looked for beside this one) makes of `arrays`. Raises OracleUnavailable, RuntimeError where it fails."""
    with tempfile.TemporaryDirectory() as folder:
        given, made = Path(folder, "in.npz"), Path(folder, "out.npz")
        np.savez(given, **arrays)
        command = [oracle_python(), HERE / program, given, made]
        done = subprocess.run(command, capture_output=True, text=True, timeout=_RUN_SECONDS)
        if done.returncode:
            raise RuntimeError(f"{program} ended with status {done.returncode}:\n{done.stdout}{done.stderr}")
        with np.load(made) as out:
            return dict(out)


def made_once(name: str, version: str, make: Callable[[Path], None]) -> Path:
    """The folder of this name in .oracle, made by `make(folder)` where it is not there whole and of this version."""
    HOME.mkdir(exist_ok=True)
    (HOME / ".gitignore").write_text("*\n")  # neither git nor ruff looks inside
    folder = HOME / name
    with open(HOME / f"{name}.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # several test runs may come here at once
        if not (folder / "made").exists() or (folder / "made").read_text() != version:
            shutil.rmtree(folder, ignore_errors=True)
            make(folder)
            (folder / "made").write_text(version)
    return folder


def _install(folder: Path) -> None:
    install_command([sys.executable, "-I", "-m", "venv", "--without-pip", folder])
    packages = next(folder.glob("lib/python3.*/site-packages"))
    pip = [sys.executable, "-I", "-m", "pip", "--disable-pip-version-check"]
    install_command([*pip, "install", "--quiet", "--only-binary", ":all:", "--target", packages, *PINS])


def install_command(command: list) -> None:
    """Run a command of an installation. Raises OracleUnavailable with what it said last."""
    name = Path(command[0]).name
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_INSTALL_SECONDS)
    except (subprocess.TimeoutExpired, FileNotFoundError) as error:
        raise OracleUnavailable(f"an oracle could not be installed: {error}") from None
    if done.returncode:
        last = (done.stderr.strip() or done.stdout.strip()).splitlines()[-1:]
        raise OracleUnavailable(f"an oracle could not be installed: {name}: {''.join(last)}")


if __name__ == "__main__":
    print(oracle_python())
