"""A full disk, a read-only exp, truncated arks: one clear error, nothing lost, and the same bytes once the cause is mended."""

import subprocess
import sys
from pathlib import Path

import pytest

FAULTS = Path(__file__).parent / "faults.py"


def test_every_fault_is_named_and_the_next_run_ends_with_the_same_bytes():
    if subprocess.run(["unshare", "--mount", "true"], capture_output=True).returncode != 0:
        pytest.skip("a disk of its own for the recipe needs a mount namespace, which this user may not make")
    done = subprocess.run([sys.executable, FAULTS, "--fractions", "0.7"], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert len([line for line in done.stdout.splitlines() if line.endswith("| same bytes |")]) == 4
