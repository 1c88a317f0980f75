"""What a run has submitted to Slurm: a file in q/, written before sbatch is called and removed when nothing is left in the queue.

A killed run leaves the file behind, which tells the next one to end its members first (`leftovers`); and a member that starts
although its run is over finds no file, and leaves.
"""

import dataclasses
import json
import os
from pathlib import Path

from cortado.launch.job import Job


def record_path(folder: Path, run: str) -> Path:
    return folder / f"submitted.{run}"


def record(job: Job) -> None:
    """Write the file: the whole job, as `load` reads it."""
    path = record_path(job.folder, job.run)
    temporary = path.with_name(f".{path.name}")
    with open(temporary, "w", encoding="ascii") as out:
        json.dump(dataclasses.asdict(job), out)
        out.flush()
        os.fsync(out.fileno())
    temporary.replace(path)


def load(folder: Path, run: str) -> Job | None:
    """The job that run `run` has submitted; None when that run is over."""
    try:
        fields = json.loads(record_path(folder, run).read_bytes())
    except FileNotFoundError:
        return None
    return Job(**{name: tuple(value) if isinstance(value, list) else value for name, value in fields.items()})


def forget(job: Job) -> None:
    """Nothing of this run is in the queue any more."""
    record_path(job.folder, job.run).unlink(missing_ok=True)


def array_name(job: Job, number: int) -> str:
    """What squeue shows of the run's array `number`. The run in it finds the array even if nobody ever learnt its id."""
    return f"{job.folder.name}:{job.run}.{number}"
