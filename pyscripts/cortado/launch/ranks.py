"""Members of several ranks: the same command started --ntasks times, each with the variables that torchrun sets.

RANK, LOCAL_RANK, WORLD_SIZE, LOCAL_WORLD_SIZE, MASTER_ADDR and MASTER_PORT. On this machine torchrun itself starts them; in a
Slurm job srun starts `run_rank` as often on all nodes of the job, and that starts the command.
"""

import os
import signal
import subprocess
import sys
from pathlib import Path

from cortado.launch.job import Job
from cortado.launch.message import LaunchError

EX_TEMPFAIL = 75  # sysexits.h: the command was stopped, has saved what it did, and goes on when it is run again


def torchrun(job: Job) -> list[str]:
    """What to write before the command to have its ranks run on this machine."""
    if job.ntasks == 1:
        return []
    return f"python3 -m torch.distributed.run --standalone --no-python --nproc-per-node {job.ntasks}".split()


def srun(job: Job, member: int, entry: list[str]) -> list[str]:
    """The same within a Slurm job, where `entry` is the call of this launcher. The first rank that fails ends all the others."""
    if job.ntasks == 1:
        return []
    local = job.ntasks // job.nodes
    words = ["srun", "--kill-on-bad-exit=1", "--mpi=none", f"--nodes={job.nodes}", f"--ntasks={job.ntasks}", f"--ntasks-per-node={local}"]
    if "SLURM_CPUS_PER_TASK" in os.environ:
        words.append(f"--cpus-per-task={os.environ['SLURM_CPUS_PER_TASK']}")  # srun itself does not take it from the job
    return [*words, *entry, "--rank", str(stopped_path(job, member)), str(local)]


def set_meeting_point() -> None:
    """Set where the ranks of this Slurm job meet, on its first node, which is this one."""
    name = subprocess.run(["hostname", "-f"], capture_output=True, text=True)  # as other nodes can resolve it
    if name.returncode:
        raise LaunchError(f"the ranks need a name of {os.uname().nodename} to meet at: {name.stderr.strip()}")
    os.environ["MASTER_ADDR"] = name.stdout.strip()
    os.environ["MASTER_PORT"] = str(20000 + int(os.environ["SLURM_JOB_ID"]) % 20000)


def run_rank(stopped: str, local_world_size: str, *command: str) -> int:
    """One rank, as srun starts it: run `command` to its end and return its exit code.

    srun ends all ranks at the first code that is not 0. Code 75 comes from all of them at about the same time, so it is kept
    from srun: the file `stopped` says it instead.
    """
    environment = os.environ
    environment.update(RANK=environment["SLURM_PROCID"], LOCAL_RANK=environment["SLURM_LOCALID"])
    environment.update(WORLD_SIZE=environment["SLURM_NTASKS"], LOCAL_WORLD_SIZE=local_world_size)
    for signum in (signal.SIGUSR1, signal.SIGTERM, signal.SIGINT):  # Slurm sends them to all processes, so to the command itself too
        signal.signal(signum, lambda *_: None)
    try:
        status = subprocess.Popen(command).wait()
    except OSError as error:
        print(f"cannot run {command[0]}: {error.strerror}", file=sys.stderr, flush=True)
        return 127 if isinstance(error, FileNotFoundError) else 126
    if status == EX_TEMPFAIL:
        Path(stopped).touch()
        return 0
    return status if status >= 0 else 128 - status


def stopped_path(job: Job, member: int) -> Path:
    return job.folder / f"stopped.{member}"


def outcome(job: Job, member: int, status: int) -> int:
    """The return code of all ranks together, where srun or torchrun returned `status`."""
    path = stopped_path(job, member)
    if status or job.ntasks == 1 or not path.exists():
        return status
    path.unlink()
    return EX_TEMPFAIL
