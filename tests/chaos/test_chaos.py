"""Killed with SIGKILL at random instants, on this machine and on a cluster, the mini recipe ends with the same bytes. The long form: chaos.py."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

CHAOS = Path(__file__).parent / "chaos.py"
HAS_SLURM = shutil.which("slurmctld", path=f"{os.environ['PATH']}:/usr/sbin") is not None


@pytest.fixture(scope="module")
def survivors() -> list[str]:
    """The launcher of each of two runs that were killed and, run again, ended as the one left alone on this machine."""
    launchers = ("local", "slurm") if HAS_SLURM else ("local",)
    done = subprocess.run([sys.executable, CHAOS, "--kills", "2", "--launcher", *launchers], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return [line.split()[1] for line in done.stdout.splitlines() if line.endswith("| same bytes |")]


def test_killed_on_this_machine(survivors):
    assert "local" in survivors


def test_killed_on_a_cluster(survivors):
    if not HAS_SLURM:
        pytest.skip("Slurm is not installed: tests/cluster/slurm_cluster.sh install")
    assert "slurm" in survivors
