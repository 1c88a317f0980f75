"""One member, run on whatever machine it finds itself: header, output and footer into its log, and last its done-file."""

import os
import shlex
import signal
import subprocess
import time
from collections.abc import Sequence
from contextlib import suppress
from typing import IO

from cortado.launch import ranks
from cortado.launch.done import identity, log_is_of, write_done
from cortado.launch.job import Job
from cortado.launch.message import LaunchError
from cortado.launch.processes import adopt_orphans, descendants, die_with_parent, handles, kill_descendants

GRACE = 5  # seconds between SIGTERM and SIGKILL
THREAD_VARIABLES = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")  # those that path.sh sets
CONTROLS = str.maketrans({chr(i): f"\\{i:03o}" for i in (*range(32), 127)} | {"\n": r"\n", "\t": r"\t", "\\": r"\\", "'": r"\'"})


def quote(argument: str) -> str:
    """`argument` as bash reads it back, on one line whatever it holds."""
    return f"$'{argument.translate(CONTROLS)}'" if any(c < " " or c == "\x7f" for c in argument) else shlex.quote(argument)


def run_member(job: Job, member: int, before: Sequence[str] = ()) -> int:
    """Run member `member`, its command behind the words `before`, in this process, which is its own. The member's exit code.

    Signal handlers and children are taken over. SIGTERM stops the command: TERM to its process group, and after GRACE seconds
    KILL to all that is left of it; a member that was stopped never counts as a success. SIGUSR1 is passed on to those
    processes of the command that handle it. The log of an earlier try of this same run is continued.
    Raises LaunchError when log or done-file cannot be written.
    """
    what = identity(job, member)
    path = job.log_path(member)
    try:
        if not log_is_of(job, member, job.run):
            path.unlink(missing_ok=True)  # whoever may still write into an older log does so in vain
        with open(path, "ab") as log:
            log.write(_header(job, member))
            log.flush()
            start = time.monotonic()
            status = _Command().run([*before, *what["command"]], job.cwd, _environment(job), log)
            status = ranks.outcome(job, member, status)
            log.write(_footer(status, time.monotonic() - start, job.num_threads or 1))
            log.flush()
            os.fsync(log.fileno())
        write_done(job, member, what, exit_code(status))
        return exit_code(status)
    except OSError as error:
        raise LaunchError(f"cannot write {error.filename or path}: {error.strerror}") from error


def exit_code(status: int) -> int:
    """A subprocess return code as a shell gives it: 128 + n for signal n."""
    return status if status >= 0 else 128 - status


def _header(job: Job, member: int) -> bytes:
    command = " ".join(quote(argument) for argument in job.argv(member))
    slurm_job = f", Slurm job {os.environ['SLURM_JOB_ID']}" if "SLURM_JOB_ID" in os.environ else ""
    return os.fsencode(f"# {command}\n# Running on {os.uname().nodename}, run {job.run}{slurm_job}\n# Started at {time.ctime()}\n#\n")


def _footer(status: int, seconds: float, num_threads: int) -> bytes:
    killed = f"; signal {-status}" if status < 0 else ""
    accounting = f"# Accounting: time={seconds:.1f} threads={num_threads}"
    return f"{accounting}\n# Ended (code {exit_code(status)}{killed}) at {time.ctime()}\n".encode()


def _environment(job: Job) -> dict[str, str]:
    """The caller's, with as many threads as were asked for, and without GPUs for a job that asked for none."""
    environment = dict(os.environ)
    if job.num_threads:
        environment.update(dict.fromkeys(THREAD_VARIABLES, str(job.num_threads)))
    if not job.gpu:
        environment["CUDA_VISIBLE_DEVICES"] = ""
    return environment


class _Command:
    """A command and all that it starts."""

    def __init__(self):
        self.process: subprocess.Popen | None = None
        self.stopping = False

    def run(self, argv: list[str], cwd: str, environment: dict[str, str], log: IO) -> int:
        """Run `argv` until nothing of it is left; its return code as subprocess gives it, never 0 after SIGTERM to us."""
        signal.signal(signal.SIGTERM, self._terminate)
        signal.signal(signal.SIGUSR1, self._pass_on)
        signal.signal(signal.SIGALRM, self._kill)
        signal.pthread_sigmask(signal.SIG_SETMASK, ())  # what a back end held until these were in place
        adopt_orphans()
        us = os.getpid()
        files = {"stdin": subprocess.DEVNULL, "stdout": log, "stderr": log}
        bound = lambda: die_with_parent(signal.SIGKILL, us)
        try:
            self.process = subprocess.Popen(argv, cwd=cwd, env=environment, start_new_session=True, preexec_fn=bound, **files)
        except OSError as error:
            log.write(os.fsencode(f"cannot run {argv[0]}: {error.strerror}\n"))
            return 127 if isinstance(error, FileNotFoundError) else 126
        if self.stopping:  # the signal came while the command was being started
            self._terminate()
        status = self.process.wait()
        self._outwait_the_rest()
        return -signal.SIGTERM if self.stopping and status == 0 else status

    def _terminate(self, *_) -> None:
        self.stopping = True
        if self.process:
            with suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGTERM)
            signal.alarm(GRACE)

    def _pass_on(self, signum: int, _) -> None:
        for process in descendants():
            if handles(process, signum):
                with suppress(ProcessLookupError):
                    os.kill(process, signum)

    def _kill(self, *_) -> None:
        kill_descendants()
        signal.alarm(1)  # and again, while any is left

    def _outwait_the_rest(self) -> None:
        """Wait for what the command left running: it may be the end of a pipe that is still writing, or never end."""
        if not self.stopping:
            signal.alarm(GRACE)
        with suppress(ChildProcessError):  # raised when none is left
            while True:
                os.wait()
        signal.alarm(0)
