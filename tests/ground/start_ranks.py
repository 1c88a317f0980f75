"""Start a program as several ranks on this machine, as srun would: one process each, with torchrun's variables."""

import os
import socket
import subprocess
import sys
from pathlib import Path

GUARD = 600  # seconds after which a rank is taken to hang


def environment(world_size: int) -> list[dict[str, str]]:
    """The variables of each rank of one new program."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
    common = {**os.environ, "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port), "GLOO_SOCKET_IFNAME": "lo", "OMP_NUM_THREADS": "1"}
    common.update(WORLD_SIZE=str(world_size), LOCAL_WORLD_SIZE=str(world_size))
    return [{**common, "RANK": str(rank), "LOCAL_RANK": str(rank)} for rank in range(world_size)]


def start_ranks(world_size: int, program: Path, *arguments) -> list[subprocess.Popen]:
    """The processes, in order of rank; each one's stdout and stderr together are its `stdout`."""
    command = [sys.executable, str(program), *map(str, arguments)]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
    return [subprocess.Popen(command, env=env, **pipes) for env in environment(world_size)]


def outcome(processes: list[subprocess.Popen]) -> tuple[list[int], str]:
    """The exit statuses and all that the ranks said, once they have ended."""
    said = "".join(process.communicate(timeout=GUARD)[0] for process in processes)
    return [process.returncode for process in processes], said


def torchrun(world_size: int, *command, cwd: Path | None = None) -> subprocess.CompletedProcess:
    """`command` under torchrun, which ends the other ranks when one fails; stdout and stderr together."""
    launcher = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--no-python", f"--nproc-per-node={world_size}"]
    env = {**os.environ, "GLOO_SOCKET_IFNAME": "lo", "OMP_NUM_THREADS": "1"}
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
    return subprocess.run([*launcher, *map(str, command)], cwd=cwd, env=env, timeout=GUARD, check=False, **pipes)
