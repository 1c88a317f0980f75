"""The Slurm back end: the members of a run are those of a job array."""

import re
import shlex
import sys
from collections.abc import Collection, Sequence
from pathlib import Path

from cortado.launch import done, slurm_conf, submission
from cortado.launch import slurm_commands as commands
from cortado.launch.arrays import Chunk, first_chunk
from cortado.launch.interrupt import Interrupted, pause
from cortado.launch.job import Job
from cortado.launch.leftovers import end_arrays
from cortado.launch.message import LaunchError, say
from cortado.launch.ranks import EX_TEMPFAIL
from cortado.launch.slurm_watch import Watch

LOOK_SECONDS = 0.05, 2.0  # between two looks into q/: they begin with the first and grow to the second
CANCEL_SECONDS = 120
NOT_OVER = {"PENDING", "RUNNING", "SUSPENDED", "COMPLETING"}  # states of a job
SAYS_NOTHING = {"COMPLETED", "FAILED"}  # and those that mean no more than the exit code

HELP = """With Slurm the members are a job array. --mem (of each node), --time, --num-threads and --gpu go to sbatch as conf/slurm.conf
says: the one in the current folder if there is one, else the one in the repository, or --config FILE. --sbatch adds more, as in
    {program} --gpu 1 --time 12:00:00 --sbatch "--account=speech --exclude=n13" exp/x/log/train.log train_embedding.py ...
    {program} --nodes 2 --ntasks 8 --gpu 4 exp/x/log/train.log train_embedding.py ...        # 8 ranks, started by srun

Slurm is asked for the array every 10 to 30 seconds; that a member has ended is known by its done-file. A member that ends
without one has failed, and what Slurm says about it is shown; no member is started twice by itself. A stop signal cancels the
array. What a killed run left in the queue is cancelled by the next run of the same LOG.
Two minutes before its time is over (a quarter of --time if that is less) a member gets SIGUSR1, passed on to those of its
processes that handle it. A command that then saves its state and ends with code 75 is submitted again, until it has ended."""


class Slurm:
    """A driver.Backend whose members run on the nodes of a Slurm cluster."""

    HELP = HELP

    def __init__(self):
        self.job: Job | None = None
        self.waiting: list[int] = []  # members not yet submitted
        self.tasks: dict[int, tuple[str, int]] = {}  # member -> its latest (array, index)
        self.stopped: dict[int, int] = {}  # member that somebody may have stopped -> its code; Slurm must tell who it was
        self.over: set[int] = set()  # those of them that will not run again
        self.num_arrays = 0
        self.max_members: int | None = None  # of an array, once Slurm has refused more
        self.full = False  # Slurm takes no more of us until those in the queue have ended
        self.look_seconds = LOOK_SECONDS[0]

    def submit(self, job: Job, members: Sequence[int]) -> None:
        conf = slurm_conf.read_conf(slurm_conf.conf_path(job))
        self.call = slurm_conf.sbatch_call(conf, job)
        self.grace = conf.timing["grace"]
        self.max_array_size = commands.patiently(commands.max_array_size)
        submission.record(job)
        self.job = job
        self.output = job.folder / "slurm.log"  # one for all: members have logs of their own, this is for Slurm's words
        self.waiting = list(members)
        self._submit_waiting(in_queue=0)
        self.watch = Watch(conf.timing["poll"])

    def wait(self, left: set[int]) -> dict[int, str]:
        pause(self.look_seconds)
        self.look_seconds = min(1.3 * self.look_seconds, LOOK_SECONDS[1])
        lost = self._check(left) if self.watch.is_due else {}
        in_queue = len(self.tasks.keys() & left - self.stopped.keys() - lost.keys())
        try:
            self._submit_waiting(in_queue)
        except LaunchError as error:
            lost |= dict.fromkeys(self.waiting, str(error))
            self.waiting.clear()
        return lost

    def resume(self, stopped: dict[int, int]) -> set[int]:
        new = {member: code for member, code in stopped.items() if member not in self.over}
        if new.keys() - self.stopped.keys():
            self.watch.ask_soon()
        self.stopped = new
        return set(new)

    def cancel(self) -> None:
        if not self.job:
            return
        try:
            if not end_arrays(self.job.run, CANCEL_SECONDS):
                submission.forget(self.job)
                return
        except (commands.Silent, Interrupted):  # a second Ctrl-C
            pass
        known = " ".join(sorted({array for array, _ in self.tasks.values()}))
        say(f"Slurm may still have members of this run (job {known or 'unknown'}): the next run of {self.job.any_log} cancels them first")

    # --- submitting

    def _submit_waiting(self, in_queue: int) -> None:
        """Submit what is waiting, as arrays, as far as --max-jobs-run and Slurm let us while `in_queue` members are in the queue."""
        bound = self.job.max_jobs_run
        self.full = self.full and in_queue > 0
        while self.waiting and not self.full:
            chunk = first_chunk(self.waiting, self.max_array_size, self.max_members)
            if in_queue and bound and in_queue + len(chunk.members) > bound:
                return
            try:
                self._submit_chunk(chunk)
            except commands.LimitReached as error:
                if len(chunk.members) == 1 and not in_queue:
                    raise LaunchError(f"Slurm refuses the job: {error}") from error
                self.full = in_queue > 0  # it may be ours that are too many already
                self.max_members = self.max_members if in_queue else len(chunk.members) // 2
            else:
                in_queue += len(chunk.members)
                self.waiting = sorted(set(self.waiting).difference(chunk.members))

    def _submit_chunk(self, chunk: Chunk) -> None:
        self.num_arrays += 1
        name = submission.array_name(self.job, self.num_arrays)
        throttle = f"%{self.job.max_jobs_run}" if self.job.max_jobs_run else ""
        words = [*self.call, "--parsable", f"--job-name={name}", f"--array={chunk.indices}{throttle}", f"--chdir={self.job.cwd}"]
        words += [f"--output={str(self.output).replace('%', '%%')}", "--open-mode=append"]
        array = self._submit_once(name, words, self._script(chunk.offset))
        self.tasks.update({member: (array, member - chunk.offset) for member in chunk.members})

    def _submit_once(self, name: str, words: list[str], script: str) -> str:
        """Submit the array called `name`; its id. When the answer is lost on the way, look whether the array is there all the same."""
        while True:
            try:
                return commands.sbatch(words, script)
            except commands.Silent as error:
                say(f"Slurm's controller does not answer, trying on: {error}")
            if arrays := commands.patiently(lambda: commands.arrays_named(name)):
                return next(iter(arrays))

    def _script(self, offset: int) -> str:
        """What the node runs. SIGUSR1 is ignored until the member can do something with it."""
        entry = [sys.executable, "-S", str(Path(sys.argv[0]).resolve()), "--member", str(self.job.folder), self.job.run, str(offset)]
        return f"#!/bin/sh\ntrap '' USR1\nexec {shlex.join(entry)}\n"

    # --- watching

    def _check(self, left: set[int]) -> dict[int, str]:
        """Ask Slurm for members without a done-file; those that have been away for the time such a file may need to be seen, and why."""
        away = self.watch.ask({member: self.tasks[member] for member in left if member in self.tasks})
        lost = [member for member, seconds in away.items() if seconds >= self.grace and member not in self.stopped]
        outcomes = self._outcomes([*lost, *(away.keys() & self.stopped.keys())])
        for member in away.keys() & self.stopped.keys():
            self._judge(member, outcomes.get(member))
        messages = self._messages() if lost else {}
        return {member: self._loss(member, outcomes.get(member), messages) for member in lost}

    def _judge(self, member: int, outcome: commands.Outcome | None) -> None:
        """A member ended as one does that is stopped: have it run again if it can go on and nobody cancelled it."""
        if outcome and outcome.state in NOT_OVER:
            return
        code = self.stopped.pop(member)
        if code == EX_TEMPFAIL and not (outcome and outcome.state.startswith("CANCELLED")):
            say(f"member {member} has saved its state and goes on in a new Slurm job")
            done.forget(self.job, member)
            del self.tasks[member]
            self.waiting = sorted([*self.waiting, member])
        else:
            self.over.add(member)
            if outcome and outcome.state not in SAYS_NOTHING:
                say(f"member {member} ended with code {code}: {outcome}")

    def _messages(self) -> dict[str, str]:
        """Job number -> the first thing that its node had to say about it."""
        lines = self.output.read_text(errors="replace").splitlines() if self.output.exists() else []
        named = [(re.search(r"(?:StepId=|JOB )([0-9]+)", line), line) for line in reversed(lines)]
        return {match[1]: line for match, line in named if match}

    def _loss(self, member: int, outcome: commands.Outcome | None, messages: dict[str, str]) -> str:
        """What can be said of a member that will not say anything itself."""
        if not outcome:
            seen = self.watch.last_seen.get(member)
            return f"Slurm knows nothing of it, though it was {seen.state if seen else 'submitted'}"
        return f"{outcome}; {messages[outcome.job]}" if outcome.job in messages else str(outcome)

    def _outcomes(self, members: Collection[int]) -> dict[int, commands.Outcome]:
        found = {array: commands.outcomes(array) for array in {self.tasks[member][0] for member in members}}
        tasks = {member: self.tasks[member] for member in members}
        return {member: found[array][index] for member, (array, index) in tasks.items() if index in found[array]}
