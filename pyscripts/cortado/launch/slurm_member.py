"""What a node of the cluster runs for a member, and srun for each of its ranks."""

import os
import sys
from pathlib import Path

from cortado.launch import done, ranks, submission
from cortado.launch.member import run_member
from cortado.launch.message import LaunchError, say


def main(folder: str, run: str, offset: str) -> int:
    """Run the member that this array index stands for; its exit code, for Slurm's own records."""
    member = int(offset) + int(os.environ["SLURM_ARRAY_TASK_ID"])
    job = submission.load(Path(folder), run)
    if job is None:
        say(f"member {member} leaves: run {run} is over")
        return 0
    if done.results(job, {member}):
        say(f"member {member} leaves: it has run before, and an administrator may have queued it again")
        return 0
    try:
        if job.ntasks > 1:
            ranks.set_meeting_point()
        return run_member(job, member, ranks.srun(job, member, [sys.executable, "-S", sys.argv[0]]))
    except LaunchError as error:
        say(f"member {member}: {error}")
        return 1
