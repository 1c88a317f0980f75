"""What Slurm's queue shows of the members of a run: asked for seldom, for a cluster has one controller and many users."""

import random
import time

from cortado.launch import slurm_commands as commands
from cortado.launch.message import say

FIRST_SECONDS = 3  # what Slurm cannot start should be known soon
ORDINARY_REASONS = {"None", "Resources", "Priority", "JobArrayTaskLimit"}  # for a member to wait: others come first


class Watch:
    """Asks squeue every `poll` seconds or so, in one call for all members; remembers for how long each has been away."""

    def __init__(self, poll: float):
        self.poll = poll
        self.next_time = time.monotonic() + FIRST_SECONDS
        self.silent = False
        self.away_since: dict[int, float] = {}
        self.last_seen: dict[int, commands.Task] = {}
        self.reasons_shown: set[str] = set()

    @property
    def is_due(self) -> bool:
        return time.monotonic() >= self.next_time

    def ask_soon(self) -> None:
        self.next_time = min(self.next_time, time.monotonic() + 1)

    def ask(self, tasks: dict[int, tuple[str, int]]) -> dict[int, float]:
        """For how many seconds each member has been out of the queue, or ending; `tasks` has (array, index) of all that are of interest.

        Only members that are. Empty too when the controller is silent, which is said once.
        """
        self.next_time = time.monotonic() + self.poll * random.uniform(0.5, 1.5)  # many runs should not ask in step
        if not tasks:
            return {}
        try:
            queue = commands.squeue({array for array, _ in tasks.values()})
        except commands.Silent as error:
            if not self.silent:
                say(f"Slurm's controller does not answer, waiting on: {error}")
            self.silent = True
            return {}
        self.silent = False
        self._show_reasons(queue)
        self.last_seen.update({member: queue[task] for member, task in tasks.items() if task in queue})
        now = time.monotonic()
        away = [member for member, task in tasks.items() if task not in queue or queue[task].state == "COMPLETING"]
        self.away_since = {member: self.away_since.get(member, now) for member in away}
        return {member: now - since for member, since in self.away_since.items()}

    def _show_reasons(self, queue: dict[tuple[str, int], commands.Task]) -> None:
        """Say why members wait that do not just have to wait their turn, once for each reason."""
        for (array, index), task in queue.items():
            if task.state == "PENDING" and task.reason not in ORDINARY_REASONS | self.reasons_shown:
                self.reasons_shown.add(task.reason)
                say(f"Slurm job {array}_{index} waits: {task.reason}")
