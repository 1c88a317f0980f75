"""The local back end: each member is a process of this machine, as many at a time as its CPUs and GPUs carry."""

import os
import re
import signal
import subprocess
import time
import traceback
from collections import deque
from collections.abc import Sequence
from typing import NoReturn

from cortado.launch.interrupt import pause
from cortado.launch.job import Job
from cortado.launch.member import GRACE, run_member
from cortado.launch.message import LaunchError, say
from cortado.launch.processes import adopt_orphans, die_with_parent, kill_descendants
from cortado.launch.ranks import torchrun


def visible_gpus() -> list[str]:
    """The GPUs this process may use, as CUDA_VISIBLE_DEVICES lists them, or all that nvidia-smi shows when it is not set."""
    listed = os.environ.get("CUDA_VISIBLE_DEVICES")
    if listed is not None:
        return re.findall(r"(?:GPU-|MIG-)[^,\s]+|(?<![-\w])[0-9]+", listed)
    try:
        shown = subprocess.run(["nvidia-smi", "-L"], capture_output=True, text=True).stdout
    except OSError:  # no NVIDIA driver here
        return []
    return [str(index) for index, _ in enumerate(re.findall("^GPU ", shown, re.MULTILINE))]


class Local:
    """A driver.Backend whose members are forked from this process."""

    HELP = """On one machine as many members run at a time as --num-threads, --ntasks and --gpu let its CPUs and GPUs carry. Ranks are
started by torchrun:
    {program} --ntasks 2 --num-threads 4 exp/x/log/train.log train_embedding.py ..."""

    def __init__(self):
        self.waiting: deque[int] = deque()
        self.running: dict[int, tuple[int, list[str]]] = {}  # process id -> member, its GPUs
        self.free_gpus: deque[str] = deque()

    def submit(self, job: Job, members: Sequence[int]) -> None:
        self.job = job
        if job.nodes > 1:
            raise LaunchError(f"--nodes {job.nodes}: there is one machine here (slurm.py runs on several)", status=255)
        if job.gpu:
            self.free_gpus.extend(visible_gpus())
            if len(self.free_gpus) < job.gpu:
                raise LaunchError(f"--gpu {job.gpu}: this machine shows {len(self.free_gpus)} GPUs (nvidia-smi, CUDA_VISIBLE_DEVICES)")
        self.slots = self._slots()
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGCHLD})
        adopt_orphans()
        self.waiting.extend(members)
        self._fill_slots()

    def wait(self, left: set[int]) -> dict[int, str]:
        pause(60, wake={signal.SIGCHLD})
        ended = self._reap()
        self._fill_slots()
        return ended

    def resume(self, stopped: dict[int, int]) -> set[int]:
        return set()  # nobody but the user stops anything here

    def cancel(self) -> None:
        """SIGTERM to each member's process, which ends its command in GRACE seconds; SIGKILL where it should not manage to."""
        self.waiting.clear()
        for process in self.running:
            os.kill(process, signal.SIGTERM)
        give_up = time.monotonic() + GRACE + 5
        while self.running and time.monotonic() < give_up:
            signal.sigtimedwait({signal.SIGCHLD}, 1)
            self._reap()
        kill_descendants()

    def _slots(self) -> int:
        cpus = max(1, len(os.sched_getaffinity(0)) // (self.job.ntasks * (self.job.num_threads or 1)))
        gpus = len(self.free_gpus) // self.job.gpu if self.job.gpu else cpus
        return min(cpus, gpus, self.job.max_jobs_run or cpus)

    def _fill_slots(self) -> None:
        while self.waiting and len(self.running) < self.slots:
            member = self.waiting.popleft()
            gpus = [self.free_gpus.popleft() for _ in range(self.job.gpu)]
            driver = os.getpid()
            process = os.fork()
            if process == 0:
                self._be_member(member, gpus, driver)
            self.running[process] = member, gpus

    def _be_member(self, member: int, gpus: list[str], driver: int) -> NoReturn:
        """The life of a forked process. A session of its own keeps it out of reach of Ctrl-C, which is the driver's to pass on."""
        status = 1
        try:
            os.setsid()
            die_with_parent(signal.SIGTERM, driver)
            if gpus:
                os.environ["CUDA_VISIBLE_DEVICES"] = ",".join(gpus)
            run_member(self.job, member, torchrun(self.job))
            status = 0
        except LaunchError as error:
            say(f"member {member}: {error}")
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(status)

    def _reap(self) -> dict[int, str]:
        """The members whose processes have ended, and how."""
        ended = {}
        while self.running:
            process, status = os.waitpid(-1, os.WNOHANG)
            if not process:
                break
            if process not in self.running:  # an orphan that came to us
                continue
            member, gpus = self.running.pop(process)
            self.free_gpus.extend(gpus)
            if os.WIFSIGNALED(status):
                kill_descendants(spare=self.running)  # it could not do so itself
            ended[member] = f"its process ended with status {os.waitstatus_to_exitcode(status)}"
        return ended
