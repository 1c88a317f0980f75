"""The processes of a recipe by the part they play, on this machine and on the virtual nodes of a cluster on it."""

import os
import signal
from contextlib import suppress
from pathlib import Path

ROLES = ("driver", "step", "launcher", "wrapper", "job", "everything")


def processes(folder: Path) -> dict[int, str]:
    """Process id -> role, of the living processes that work in `folder`.

    driver: run.sh; step: steps/*.sh; launcher: run.py or slurm.py; wrapper: the process that runs one member on its node;
    job: the command of a member.
    """
    found = {}
    for proc in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if (proc / "cwd").readlink().is_relative_to(folder) and (role := _role(proc)):
                found[int(proc.name)] = role
    return found


def _words(proc: Path) -> list[str]:
    return (proc / "cmdline").read_bytes().decode(errors="replace").split("\0")[:-1]


def _role(proc: Path) -> str | None:
    words = _words(proc)
    names = [Path(word).name for word in words[:3]]
    if names[:2] == ["bash", "run.sh"]:
        return "driver"
    if {"run.py", "slurm.py"}.intersection(names[:2]):
        parent = (proc / "stat").read_text().rpartition(")")[2].split()[1]
        is_member = "--member" in words or _words(Path("/proc", parent)) == words  # a local member is forked from its launcher
        return "wrapper" if is_member else "launcher"
    if any("/steps/" in word or word.startswith("steps/") for word in words[:2]):
        return "step"
    if any("pyscripts/bin/" in word for word in words[:2]):
        return "job"
    return None


def kill(folder: Path, role: str) -> int:
    """SIGKILL the oldest process of `role`, or all there are for "everything"; how many there were to be killed."""
    there = processes(folder)
    chosen = list(there) if role == "everything" else sorted(pid for pid, its in there.items() if its == role)[:1]
    for pid in chosen:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    return len(chosen)
