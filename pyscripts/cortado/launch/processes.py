"""What Linux offers to leave no process behind: orphans come to us, and a child dies with its parent."""

import ctypes
import os
import signal
import time
from collections.abc import Container
from contextlib import suppress
from pathlib import Path

PR_SET_PDEATHSIG, PR_SET_CHILD_SUBREAPER = 1, 36  # linux/prctl.h
LIBC = ctypes.CDLL(None)


def adopt_orphans() -> None:
    """Make this process the new parent of all its descendants that lose theirs, so that `kill_descendants` finds every one."""
    LIBC.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def die_with_parent(signum: int, parent: int) -> None:
    """Have the kernel send `signum` to this process when its parent, process `parent`, ends in whatever way."""
    LIBC.prctl(PR_SET_PDEATHSIG, int(signum), 0, 0, 0)
    if os.getppid() != parent:  # it ended before the call above
        os.kill(os.getpid(), signum)


def process_table() -> dict[int, tuple[int, int]]:
    """Process id -> (parent, session), of all living processes of this machine."""
    table = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):  # it has just ended
            state, parent, _, session = stat.read_bytes().rpartition(b")")[2].split()[:4]  # after the name, which may hold anything
            if state not in b"ZX":
                table[int(stat.parent.name)] = int(parent), int(session)
    return table


def descendants(spare: Container[int] = ()) -> list[int]:
    """The living processes below this one, but for `spare` and what is below those.

    What shares our session is not our doing (`exec run.py > >(tee x)` makes tee our child): members and commands have their own.
    """
    table, found = process_table(), [os.getpid()]
    session = os.getsid(0)
    for process in found:
        found += [child for child, (parent, its) in table.items() if parent == process and its != session and child not in spare]
    return found[1:]


def handles(process: int, signum: int) -> bool:
    """True if `process` catches signal `signum`, or holds it back to take it when it likes, as srun does; False once it has ended."""
    with suppress(OSError):
        status = dict(line.split(":\t", 1) for line in Path(f"/proc/{process}/status").read_text().splitlines() if ":\t" in line)
        return bool((int(status["SigCgt"], 16) | int(status["SigBlk"], 16)) & 1 << signum - 1)
    return False


def kill_descendants(spare: Container[int] = ()) -> None:
    """SIGKILL them until none is left, for some seconds at most: one that hangs in the kernel cannot be waited for."""
    give_up = time.monotonic() + 5
    while (found := descendants(spare)) and time.monotonic() < give_up:
        for process in found:
            with suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)
        time.sleep(0.01)
