#!/usr/bin/env python3
"""Make the Python environment of this repository in .venv, every version pinned; nothing is done when it is there.

    utils/make_env.py            # what the recipes need (path.sh calls this on first use)
    utils/make_env.py --tests    # and what the tests need

No root is needed and no file outside the repository is touched (but for pip's cache). To choose where pip looks, or a
build of torch for your GPU, use pip's own settings, e.g. PIP_EXTRA_INDEX_URL or PIP_FIND_LINKS.

This file runs before the environment exists, so it uses nothing but the standard library.
"""

import argparse
import fcntl
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
OLDEST, NEWEST = (3, 10), (3, 13)
LISTS = (ROOT / "conf/requirements.txt", ROOT / "conf/requirements-test.txt")  # the recipes' needs, the tests' needs
INSTALLING = VENV / "installing"  # is there while pip is at work, and after a kill
SPACE_NEEDED = 3e9  # bytes: the CPU build takes 1.5 GB with its downloads; a CUDA build takes more


def die(message: str) -> None:
    sys.exit(f"make_env.py: {message}")


def stamp(requirements: Path) -> Path:
    """The copy of `requirements` that is written into .venv when all of it is installed."""
    return VENV / f"installed-{requirements.name}"


def is_installed(requirements: Path) -> bool:
    mark = stamp(requirements)
    return (VENV / "bin/python3").exists() and mark.exists() and mark.read_bytes() == requirements.read_bytes()


def is_sound() -> bool:
    """Whether .venv can be kept: no set-up was killed in it, and none of it comes from an older list of versions."""
    outdated = [requirements for requirements in LISTS if stamp(requirements).exists() and not is_installed(requirements)]
    return is_installed(LISTS[0]) and not outdated and not INSTALLING.exists()


def check_prerequisites() -> None:
    """Stop with one sentence when something that set-up needs is missing."""
    if not OLDEST <= sys.version_info[:2] <= NEWEST:
        die(f"python3 is {sys.version.split()[0]}; the pinned packages exist for Python 3.10 to 3.13: put one of them first in PATH")
    try:
        import ensurepip  # noqa: F401
        import venv  # noqa: F401
    except ImportError:
        die("this Python cannot make virtual environments (Debian: apt-get install python3-venv)")
    if not any(map(shutil.which, ("c++", "g++", "clang++"))):
        die("there is no C++ compiler, with which pip builds kenlm (Debian: apt-get install g++)")
    free = shutil.disk_usage(ROOT).free
    if free < SPACE_NEEDED:
        die(f"{ROOT} has {free / 1e9:.1f} GB free; set-up needs {SPACE_NEEDED / 1e9:.0f} GB")


def make_venv() -> None:
    """A new, empty .venv. What an interrupted set-up or an older list of versions left behind is not trusted."""
    check_prerequisites()
    if VENV.is_symlink():
        die(f".venv is a link to {VENV.readlink()}, which has not what conf/ lists; remove the link, and the same command makes one here")
    if VENV.exists():
        print("make_env.py: .venv is incomplete or of an older version list; making it anew", flush=True)
        for requirements in LISTS:  # first of all, so that nobody trusts what is being removed
            if stamp(requirements).exists():
                stamp(requirements).unlink()
        shutil.rmtree(VENV)
    base_python = getattr(sys, "_base_executable", sys.executable)  # not the one inside the .venv that was just removed
    made = subprocess.run([base_python, "-I", "-m", "venv", VENV])
    if made.returncode:
        die("'python3 -m venv .venv' failed, see above (Debian: apt-get install python3-venv)")


def install(requirements: Path) -> None:
    count = sum(1 for line in requirements.read_text().splitlines() if "==" in line)
    print(f"make_env.py: installing {count} pinned packages of {requirements.relative_to(ROOT)} into .venv", flush=True)
    bar = ["--progress-bar", "on" if sys.stderr.isatty() else "off"]
    # -I and PIP_USER: neither PYTHONPATH nor a habit of installing for the user may make pip leave a package out.
    pip = [VENV / "bin/python3", "-I", "-m", "pip", "--disable-pip-version-check", "install", *bar, "-r", requirements]
    INSTALLING.touch()
    failed = subprocess.run(pip, env={**os.environ, "PIP_USER": "0"}).returncode
    if not failed:
        done = stamp(requirements)
        partial = done.with_name(done.name + ".tmp")
        shutil.copyfile(requirements, partial)
        partial.replace(done)
    INSTALLING.unlink()  # pip undoes what it could not finish; only a kill leaves this file behind
    if failed:
        die(f"pip could not install {requirements.relative_to(ROOT)}, see above; run the same command again once that is mended")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tests", action="store_true", help="also install what tests/run.sh needs")
    args = parser.parse_args()
    wanted = LISTS if args.tests else LISTS[:1]
    if is_sound() and all(map(is_installed, wanted)):
        return
    if not os.access(ROOT, os.W_OK):
        die(f"{ROOT} is not writable, so .venv cannot be made there")
    with open(ROOT / ".venv.lock", "w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print("make_env.py: another set-up of this repository is running; waiting for it", flush=True)
            fcntl.flock(lock, fcntl.LOCK_EX)
        if not is_sound():
            make_venv()
        for requirements in wanted:
            if not is_installed(requirements):
                install(requirements)
    print("make_env.py: the environment is ready", flush=True)


if __name__ == "__main__":
    try:
        main()
    except OSError as error:
        die(f"set-up stopped: {error}; run the same command again once that is mended")
    except KeyboardInterrupt:
        sys.exit("make_env.py: interrupted; run the same command again to start over")
