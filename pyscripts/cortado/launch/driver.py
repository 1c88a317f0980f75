"""From a call to its exit status: which members must run, waiting until each has ended, and saying what failed."""

import os
import signal
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from cortado.launch import done, leftovers, submission, usage
from cortado.launch.arguments import parse
from cortado.launch.interrupt import Interrupted, held, stop_signals
from cortado.launch.job import Job
from cortado.launch.message import PROGRAM, LaunchError, say
from cortado.launch.ranks import EX_TEMPFAIL

LOGS_SHOWN, LINES_SHOWN, BYTES_SHOWN = 3, 12, 8192
STOPPED = {EX_TEMPFAIL, 128 + signal.SIGTERM, 128 + signal.SIGKILL}  # codes of a command that somebody may have stopped


class Backend(Protocol):
    """Where members run. All it has to do is to have member.run_member(job, n) called once for each n, on some machine.

    Stop signals are held while these are called; a back end sleeps in interrupt.pause, which raises Interrupted for them.
    """

    HELP: str  # what --help says about it

    def submit(self, job: Job, members: Sequence[int]) -> None:
        """Start these members, or queue them. Raises LaunchError when that cannot be done; `cancel` is called after it."""

    def wait(self, left: set[int]) -> dict[int, str]:
        """Sleep until a done-file may have come. Returns members known to be unable to write one any more, and why.

        `left` are those that have none yet.
        """

    def resume(self, stopped: dict[int, int]) -> set[int]:
        """Of these members, which left a code of STOPPED, those that run again or may do so. Asked each time until it is none."""

    def cancel(self) -> None:
        """End all members, queued or running. No process of theirs is left when this returns."""


def main(backend: Backend) -> int:
    """Carry out the call in sys.argv; the exit status."""
    if sys.argv[1:2] == ["--help"]:
        print(usage.text(backend.HELP))
        return 0
    try:
        return launch(parse(sys.argv[1:]), backend)
    except LaunchError as error:
        say(str(error))
        return error.status
    except OSError as error:  # from making and reading the folders of logs and done-files
        say(f"{error.filename}: {error.strerror}")
        return 1
    except Interrupted as error:
        say(f"stopped by {error}, and so are its members")
        return 128 + error.signum


def launch(job: Job, backend: Backend) -> int:
    """Run the members of `job` that have not succeeded yet; 0 when all have, else 1 after saying on stderr which have not."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)  # a caller may have left it ignored, and then no child could be waited for
    job.folder.mkdir(parents=True, exist_ok=True)
    done.lock(job)
    leftovers.end_leftovers(job)
    succeeded = {member for member in job.members if done.has_succeeded(job, member)}
    missing = [member for member in job.members if member not in succeeded]
    if succeeded:
        count = f"{len(succeeded)} / {len(job.members)}"
        say(f"{count} succeeded before and are not run again (delete a log to run its member), log is in {job.any_log}")
    done.forget_all_but(job, succeeded)
    for folder in {job.log_path(member).parent for member in missing}:
        folder.mkdir(parents=True, exist_ok=True)
    with held(stop_signals()):
        failed = run_members(job, backend, missing) if missing else []
    if failed:
        report(job, failed)
    return 1 if failed else 0


def run_members(job: Job, backend: Backend, members: list[int]) -> list[int]:
    """Run `members` until each has left its done-file or is known never to leave one; those that failed, in order."""
    left, failed = set(members), []
    try:
        backend.submit(job, members)
        while left:
            show_progress(f"{PROGRAM}: {len(members) - len(left)} / {len(members)} {job.any_log}")
            gone = backend.wait(left)
            codes = done.results(job, left)
            again = backend.resume({member: code for member, code in codes.items() if code in STOPPED})
            for member in left.intersection(gone) - codes.keys():
                codes[member] = 1
                note_loss(job, member, gone[member])
            codes = {member: code for member, code in codes.items() if member not in again}
            failed += [member for member, code in codes.items() if code]
            left -= codes.keys()
        submission.forget(job)
    except BaseException:
        backend.cancel()
        raise
    finally:
        show_progress("")
    return sorted(failed)


def show_progress(text: str) -> None:
    """Replace what the current line of the terminal shows by `text`. Nothing when stderr is no terminal."""
    if sys.stderr.isatty():
        width = os.get_terminal_size(sys.stderr.fileno()).columns
        print(f"\r{text[: width - 1]}\x1b[K", end="", file=sys.stderr, flush=True)


def note_loss(job: Job, member: int, reason: str) -> None:
    """Say that a member could not finish its log and done-file, on stderr and, where that can be written, in its log."""
    say(f"member {member} ended without a done-file: {reason}")
    try:
        with open(job.log_path(member), "a") as log:
            log.write(f"# Ended (code 1; no done-file: {reason}) at {time.ctime()}\n")
    except OSError as error:
        say(f"member {member}: nor can its log be written: {error.strerror}")


def report(job: Job, failed: list[int]) -> None:
    """Say on stderr how many members failed, and show how the first logs of them end."""
    count = f"{len(failed)} / {len(job.members)} failed" if len(job.members) > 1 else "job failed"
    forgotten = "" if job.variable or "JOB" not in job.log else " (is JOB=1:$nj missing before it?)"
    say(f"{count}, log is in {job.any_log}{forgotten}")
    for member in failed[:LOGS_SHOWN]:
        print(f"==> {job.fill(job.log, member)} <==", *tail(job.log_path(member)), sep="\n", file=sys.stderr)


def tail(path: Path) -> list[str]:
    """The last lines of a log, of its last few thousand bytes at most; none when there is no log."""
    if not path.is_file():
        return []
    with open(path, "rb") as log:
        log.seek(max(0, path.stat().st_size - BYTES_SHOWN))
        return log.read().decode(errors="replace").splitlines()[-LINES_SHOWN:]
