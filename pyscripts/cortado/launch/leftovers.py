"""Ending the members of a run that are in Slurm's queue: our own when we are stopped, and those that a killed run left behind."""

import math
import time

from cortado.launch.interrupt import pause
from cortado.launch.job import Job
from cortado.launch.message import LaunchError, say
from cortado.launch.slurm_commands import arrays_named, patiently, scancel


def end_arrays(run: str, patience: float = math.inf) -> list[str]:
    """Cancel the arrays of run `run` and wait until none is in the queue; those that still are after `patience` seconds.

    Raises Silent when it is the controller that patience ended with.
    """
    give_up, seconds = time.monotonic() + patience, 0.1
    while arrays := patiently(lambda: arrays_named(f":{run}."), give_up):
        if time.monotonic() > give_up:
            break
        active = [array for array, is_active in arrays.items() if is_active]
        if active:
            patiently(lambda active=active: scancel(active), give_up)
        pause(seconds)
        seconds = min(1.5 * seconds, 2)
    return sorted(arrays)


def end_leftovers(job: Job) -> None:
    """Cancel what earlier, killed runs of these logs left in Slurm's queue, and wait until it is gone."""
    for path in job.folder.glob("submitted.*"):
        run = path.name.removeprefix("submitted.")
        try:
            arrays = patiently(lambda run=run: arrays_named(f":{run}."))
            if arrays:
                say(f"cancelling Slurm job {' '.join(sorted(arrays))}, which an earlier run of {job.any_log} left behind")
            end_arrays(run)
        except LaunchError as error:
            raise LaunchError(f"an earlier run of {job.any_log} may have left members in Slurm's queue, says {path}: {error}") from error
        path.unlink()
