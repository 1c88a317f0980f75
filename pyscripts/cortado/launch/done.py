"""Done-files: the only evidence that a member has succeeded.

q/<log name>/done.N says what member N ran, in which run, with which result. The member writes it itself, after its log is on
disk, so "done" implies "log readable". A later call trusts it only if that call would run the very same thing.
"""

import fcntl
import functools
import hashlib
import json
import os
from pathlib import Path

from cortado.launch.job import Job
from cortado.launch.message import LaunchError, say


@functools.cache
def digest(path: Path) -> str:
    """SHA-1 of an --input file's bytes. Raises LaunchError when it cannot be read."""
    sha1 = hashlib.sha1(usedforsecurity=False)
    try:
        with open(path, "rb") as handle:
            while block := handle.read(1 << 20):
                sha1.update(block)
    except OSError as error:
        raise LaunchError(f"cannot read --input {path}: {error.strerror}") from error
    return sha1.hexdigest()


def identity(job: Job, member: int) -> dict:
    """All that two calls must have in common for the success of one to count for the other."""
    inputs = [Path(job.cwd, job.fill(path, member)) for path in job.inputs]
    return {
        "command": job.argv(member),
        "cwd": job.cwd,
        "range": [job.first, job.last],
        "inputs": {str(path): digest(path) for path in inputs},
    }


def output_sizes(job: Job, member: int) -> dict[str, int | None]:
    """Path -> size of the member's --output files in bytes; None for one that is missing."""
    paths = [Path(job.cwd, job.fill(path, member)) for path in job.outputs]
    return {str(path): path.stat().st_size if path.exists() else None for path in paths}


def done_path(job: Job, member: int) -> Path:
    return job.folder / f"done.{member}"


def write_done(job: Job, member: int, what: dict, code: int) -> None:
    """Record that `what` (see `identity`) ended with `code`: written under another name, synced, then renamed."""
    path = done_path(job, member)
    content = {**what, "code": code, "run": job.run, "outputs": output_sizes(job, member)}
    temporary = path.with_name(f".{path.name}.{job.run}")
    with open(temporary, "w", encoding="ascii") as out:
        json.dump(content, out)
        out.flush()
        os.fsync(out.fileno())
    temporary.replace(path)


def read_done(job: Job, member: int) -> dict:
    """What the done-file says, whichever run wrote it; empty when there is none or it is damaged."""
    try:
        return json.loads(done_path(job, member).read_bytes())
    except (FileNotFoundError, ValueError):
        return {}


def log_is_of(job: Job, member: int, run: str) -> bool:
    """True if the member's log was begun in run `run`."""
    try:
        with open(job.log_path(member), "rb") as log:
            return run.encode() in log.readline() + log.readline()
    except FileNotFoundError:
        return False


def has_succeeded(job: Job, member: int) -> bool:
    """True if an earlier run of this same call did this member: its done-file, its log and its --output files show it.

    The files must have the sizes that it left: one that a crash or a full disk has cut short since is made again.
    """
    done, sizes = read_done(job, member), output_sizes(job, member)
    if None in sizes.values() or done != {**identity(job, member), "code": 0, "run": done.get("run"), "outputs": sizes}:
        return False
    return log_is_of(job, member, done["run"])


def forget_all_but(job: Job, keep: set[int]) -> None:
    """Remove every other done-file of this log name: those of another range too, lest a later call take them for its own."""
    kept = {f"done.{member}" for member in keep} | {"lock"}
    for path in job.folder.iterdir():
        if path.name not in kept:
            path.unlink()


def forget(job: Job, member: int) -> None:
    done_path(job, member).unlink(missing_ok=True)


def results(job: Job, members: set[int]) -> dict[int, int]:
    """The codes of those of `members` that have ended in this run. Lists the folder: over NFS that shows what a stat may not."""
    present = {path.name for path in job.folder.iterdir()}
    records = {member: read_done(job, member) for member in members if f"done.{member}" in present}
    return {member: done["code"] for member, done in records.items() if done.get("run") == job.run}


def lock(job: Job) -> None:
    """Keep other runs away from these logs until this process has ended, and what it forks: members outlive a killed run for seconds.

    Waits for an earlier run to end. Programs it starts hold the lock too if open descriptors are left to them (close_fds=False).
    """
    descriptor = os.open(job.folder / "lock", os.O_RDWR | os.O_CREAT, 0o666)
    os.set_inheritable(descriptor, True)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        say(f"waiting for an earlier run of {job.log} to end")
        fcntl.flock(descriptor, fcntl.LOCK_EX)
    except OSError as error:  # Lustre, say, mounted without locks
        say(f"two runs of {job.log} at once would not be noticed: {job.folder}: {error.strerror}")
