"""One run.sh at a time in a recipe's folder."""

import fcntl
import os
import time
from contextlib import suppress
from pathlib import Path

from cortado.errors import CortadoError

POLL = 0.2  # seconds
SILENCE = 1.0  # seconds to wait before saying so: what was killed along with its run is gone by then


def take_lock(descriptor: int, pid: int, say) -> None:
    """Lock the open file `descriptor` for the shell `pid`, which shares it, and write into it who that is.

    The lock lasts until that shell has ended, and with it every command that it has started: these have the file open too,
    and may outlive a shell that was killed. They are waited for, and `say` is called with a sentence when that takes long.
    Raises CortadoError when another run is at work.
    """
    start, told = time.monotonic(), False
    while not _try_lock(descriptor, say):
        holder, host = _read_holder(descriptor)
        if holder and (host != os.uname().nodename or is_running(holder)):
            raise CortadoError(f"another run is at work in this folder, process {holder} on {host}; wait for it, or end it")
        if not told and time.monotonic() - start > SILENCE:
            told = True
            say("waiting for what an earlier run has left at work: " + ", ".join(_holders(descriptor)))
        time.sleep(POLL)
    try:
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, os.fsencode(f"{pid} {os.uname().nodename}\n"), 0)
    except OSError as error:
        raise CortadoError(f"cannot write {Path(f'/proc/self/fd/{descriptor}').readlink()}: {error.strerror}") from error


def is_running(pid: int) -> bool:
    """Whether this machine has a process `pid`."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:  # somebody else's
        return True
    return True


def _try_lock(descriptor: int, say) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError as error:  # Lustre, say, mounted without locks
        say(f"two runs at once in this folder would not be noticed: {error.strerror}")
    return True


def _read_holder(descriptor: int) -> tuple[int, str]:
    """Process id and host of who took the lock; 0 while it is not written yet."""
    words = os.fsdecode(os.pread(descriptor, 1000, 0)).split()
    return (int(words[0]), words[1]) if len(words) == 2 else (0, "")


def _holders(descriptor: int) -> list[str]:
    """'pid name' of the processes of this machine that keep the lock."""
    file, found = os.fstat(descriptor), []
    for fdinfo in Path("/proc").glob("[0-9]*/fdinfo/*"):
        process = fdinfo.parent.parent
        with suppress(OSError):  # it has just ended, or is somebody else's
            if os.path.samestat((process / "fd" / fdinfo.name).stat(), file) and "FLOCK" in fdinfo.read_text():
                found.append(f"{process.name} {(process / 'comm').read_text().strip()}")
    return found
