"""Slurm's commands, called and read: sbatch, squeue, scancel, sacct, scontrol.

Each may find the controller silent, for it is restarted now and then: that is `Silent`, never an answer.
"""

import math
import os
import re
import subprocess
import time
from collections.abc import Callable, Collection, Sequence
from typing import NamedTuple, TypeVar

from cortado.launch.arrays import parse_indices
from cortado.launch.interrupt import pause
from cortado.launch.message import LaunchError, say

Answer = TypeVar("Answer")

SILENT = re.compile(
    r"Unable to contact slurm controller|timed out|Zero Bytes were transmitted|Connection (?:refused|reset)|connection failure"
    r"|endpoint is not connected|in standby mode|Unable to connect",
    re.IGNORECASE,
)
# What sbatch says when there are too many jobs. Slurm has one sentence for the job limits of an account and for all its other limits.
LIMIT = re.compile(r"SubmitJob\w*Limit|job submit limit|temporarily unable to accept job|Invalid job array specification")
QUERY_SECONDS, SUBMIT_SECONDS = 30, 180  # sbatch itself tries again for two minutes when the queue is full
RETRY_SECONDS = 5


class Silent(Exception):
    """The controller does not answer."""


class LimitReached(Exception):
    """sbatch refuses so many members now; fewer, or later, may do."""


def patiently(query: Callable[[], Answer], give_up: float = math.inf) -> Answer:
    """The answer of `query`, called again until the controller gives one. Raises Silent at time.monotonic() `give_up`."""
    said = False
    while True:
        try:
            return query()
        except Silent as error:
            if time.monotonic() > give_up:
                raise
            if not said:
                say(f"Slurm's controller does not answer, trying on: {error}")
            said = True
            pause(RETRY_SECONDS)


class Task(NamedTuple):
    """What squeue says of one member: its state, and why it is not running."""

    state: str
    reason: str


class Outcome(NamedTuple):
    """How a member's job ended, in Slurm's words."""

    job: str  # the member's own number, by which the nodes' messages name it
    state: str  # TIMEOUT, say
    code: str  # exit code:signal, which is 0:0 for many a job that failed
    reason: str = ""

    def __str__(self) -> str:
        reason = f" ({self.reason})" if self.reason not in ("", "None") else ""
        return f"Slurm says {self.state}{reason}, exit code {self.code}"


def call(words: Sequence[str], seconds: int = QUERY_SECONDS, **options) -> subprocess.CompletedProcess:
    """Run a Slurm command out of reach of Ctrl-C. Raises Silent, or LaunchError when there is no such command here."""
    # What a job of Slurm has set around us, and a user for squeue, would change what these commands do.
    kept = {name: value for name, value in os.environ.items() if name == "SLURM_CONF" or not name.startswith(("SLURM_", "SQUEUE_"))}
    try:
        done = subprocess.run(words, env=kept, capture_output=True, text=True, start_new_session=True, timeout=seconds, **options)
    except subprocess.TimeoutExpired as error:
        raise Silent(f"{words[0]} has not ended within {seconds} s") from error
    except OSError as error:
        raise LaunchError(f"cannot run {words[0]}, a command of Slurm: {error.strerror}") from error
    if done.returncode and SILENT.search(done.stderr):
        raise Silent(done.stderr.strip())
    return done


def sbatch(words: Sequence[str], script: str) -> str:
    """Submit `script` by the sbatch call `words`; the job's id. Raises LimitReached, Silent, or LaunchError with the refusal."""
    # The lock of our logs stays with sbatch when we are killed: the next run then sees what it submitted.
    done = call(words, SUBMIT_SECONDS, input=script, close_fds=False)
    if done.returncode:
        said = done.stderr.strip() or f"status {done.returncode}"
        raise LimitReached(said) if LIMIT.search(said) else LaunchError(f"Slurm refuses the job: {said}")
    return done.stdout.split(";")[0].strip()


def squeue(arrays: Collection[str]) -> dict[tuple[str, int], Task]:
    """(array, index) -> Task, of all members of these arrays that are queued, running or ending. Raises Silent."""
    done = call(["squeue", "--noheader", "--array", f"--jobs={','.join(sorted(arrays))}", "--format=%F|%K|%T|%r"])
    if done.returncode and "Invalid job id" not in done.stderr:  # that one means: forgotten, so ended long ago
        raise Silent(done.stderr.strip())
    rows = [line.split("|", 3) for line in done.stdout.splitlines()]
    return {(array, int(index)): Task(state, reason) for array, index, state, reason in rows}


def arrays_named(text: str) -> dict[str, bool]:
    """The arrays of this user in the queue whose name holds `text` -> whether any of their members is not yet ending. Raises Silent."""
    done = call(["squeue", "--noheader", f"--user={os.getuid()}", "--format=%F|%T|%j"])
    if done.returncode:
        raise Silent(done.stderr.strip())
    arrays: dict[str, bool] = {}
    for line in done.stdout.splitlines():
        array, state, name = line.split("|", 2)
        if text in name:
            arrays[array] = arrays.get(array, False) or state != "COMPLETING"
    return arrays


def scancel(arrays: Collection[str]) -> None:
    """Cancel these arrays; squeue shows with what result."""
    call(["scancel", *sorted(arrays)])


def max_array_size() -> int:
    """Above every index that the members of an array may have. Raises Silent, or LaunchError where there are no arrays."""
    done = call(["scontrol", "show", "config"])
    found = re.search(r"^MaxArraySize\s*=\s*([0-9]+)", done.stdout, re.MULTILINE)
    if not found:
        raise Silent(done.stderr.strip())
    if found[1] == "0":
        raise LaunchError("this cluster takes no job arrays: its MaxArraySize is 0")
    return int(found[1])


def outcomes(array: str) -> dict[int, Outcome]:
    """Index -> how it ended, as far as Slurm can tell: the controller soon forgets, and an accounting database is not everywhere."""
    found: dict[int, Outcome] = {}
    for words, read in (
        (["scontrol", "--oneliner", "show", "job", array], read_scontrol),
        (["sacct", "--noheader", "--parsable2", "--allocations", f"--jobs={array}", "--format=JobID,JobIDRaw,State,ExitCode"], read_sacct),
    ):
        try:
            found.update(read(call(words).stdout))
        except (Silent, LaunchError):  # then we know less, and say less
            continue
    return found


def read_scontrol(text: str) -> dict[int, Outcome]:
    """Records of `scontrol --oneliner show job`: one of each member that has started, one of all others together."""
    found = {}
    for line in text.splitlines():
        fields = dict(re.findall(r"\b(JobId|ArrayTaskId|JobState|Reason|ExitCode)=(\S+)", line))
        if "ArrayTaskId" in fields:
            outcome = Outcome(fields["JobId"], fields["JobState"], fields["ExitCode"], fields["Reason"])
            found.update(dict.fromkeys(parse_indices(fields["ArrayTaskId"]), outcome))
    return found


def read_sacct(text: str) -> dict[int, Outcome]:
    """Lines such as 12_3|15|CANCELLED by 1000|0:15 and 12_[4-8%2]|12|PENDING|0:0. What has not ended is left out."""
    found = {}
    for line in text.splitlines():
        number, job, state, code = line.split("|")
        if state not in ("PENDING", "RUNNING", "REQUEUED", "SUSPENDED"):  # it is told later than the controller
            indices = parse_indices(number.partition("_")[2].strip("[]"))
            found.update(dict.fromkeys(indices, Outcome(job, state, code)))
    return found
