"""Killed with SIGKILL at random instants, on this machine and on a cluster, the mini recipe ends with the same bytes. The long form: chaos.py."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

CHAOS = Path(__file__).parent / "chaos.py"


def survivors(launcher: str, kills: int) -> int:
    done = subprocess.run([sys.executable, CHAOS, "--launcher", launcher, "--kills", str(kills)], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return len([line for line in done.stdout.splitlines() if line.endswith("| same bytes |")])


def test_killed_on_this_machine():
    assert survivors("local", kills=2) == 2


def test_killed_on_a_cluster():
    if shutil.which("slurmctld", path=f"{os.environ['PATH']}:/usr/sbin") is None:
        pytest.skip("Slurm is not installed: tests/cluster/slurm_cluster.sh install")
    assert survivors("slurm", kills=1) == 1
