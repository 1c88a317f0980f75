"""What one call asks for: a command, the numbers of its members, and where their logs and records are."""

import os
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class Job:
    """One call. Texts (`log`, `command`, `inputs`, `outputs`) are as typed, their variable not yet replaced."""

    log: str
    command: tuple[str, ...]
    variable: str | None = None  # JOB, say; None when the call has no range: one member, nothing is replaced
    first: int = 1
    last: int = 1  # the last member itself, as in JOB=1:4
    inputs: tuple[str, ...] = ()
    outputs: tuple[str, ...] = ()
    max_jobs_run: int | None = None
    num_threads: int | None = None  # None: one, and the thread variables of the environment stay as they are
    gpu: int = 0  # of the member, on each of its nodes
    nodes: int = 1
    ntasks: int = 1  # above 1, the command is started that often, as ranks, on `nodes` nodes (see ranks.py)
    mem: str | None = None  # on each node
    time: str | None = None
    config: str | None = None
    sbatch: tuple[str, ...] = ()  # further arguments of sbatch
    cwd: str = field(default_factory=os.getcwd)
    run: str = field(default_factory=lambda: f"{os.uname().nodename}.{os.getpid()}.{os.urandom(4).hex()}")  # names this run

    @property
    def members(self) -> range:
        return range(self.first, self.last + 1)

    def fill(self, text: str, member: int | str) -> str:
        """`text` with the variable replaced wherever it stands, inside words too, as Kaldi does."""
        return text.replace(self.variable, str(member)) if self.variable else text

    def argv(self, member: int) -> list[str]:
        return [self.fill(argument, member) for argument in self.command]

    def log_path(self, member: int) -> Path:
        return Path(self.cwd, self.fill(self.log, member))

    @property
    def any_log(self) -> str:
        """The log as typed, with * for the number when there are several."""
        return self.fill(self.log, "*" if len(self.members) > 1 else self.first)

    @property
    def folder(self) -> Path:
        """Where the done-files of all members are: q/<log name>, beside a directory called log, else beside the log.

        One folder serves all members: a directory of the log's path that holds the variable becomes part of <log name>.
        """
        parts = Path(self.log.removesuffix(".log")).parts
        split = len(parts) - 1
        if self.variable:
            split = next((i for i, part in enumerate(parts) if self.variable in part), split)
        parent = Path(self.cwd, *parts[:split])
        return (parent.parent if parent.name == "log" else parent) / "q" / ".".join(parts[split:])
