"""What a run leaves in q/ for its members on a cluster and for the next run; and members that get SIGUSR1."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from cortado.launch import done, submission
from cortado.launch.job import Job

UTILS = Path(__file__).resolve().parents[2] / "utils"
GUARD = 100
HANDLES = (
    "import os, pathlib, signal, time; signal.signal(signal.SIGUSR1, lambda *_: os._exit(75)); pathlib.Path('up').touch(); time.sleep(60)"
)


@pytest.fixture(autouse=True)
def empty_directory(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("SLURM_JOB_ID", raising=False)


def run(*arguments, program="run.py", **options):
    return subprocess.run([UTILS / program, *map(str, arguments)], capture_output=True, text=True, timeout=GUARD, **options)


def test_sigusr1_reaches_the_process_that_handles_it_and_kills_no_other():
    script = f'echo $PPID > member; {sys.executable} -c "{HANDLES}"; echo inner code $?; exit 75'
    with subprocess.Popen([UTILS / "run.py", "x.log", "bash", "-c", script], stderr=subprocess.PIPE, text=True) as process:
        give_up = time.monotonic() + GUARD
        while not Path("up").exists() and time.monotonic() < give_up:
            time.sleep(0.02)
        os.kill(int(Path("member").read_text()), signal.SIGUSR1)
        said = process.communicate(timeout=GUARD)[1]
    assert process.returncode == 1  # on one machine nobody but the user stops anything
    assert "inner code 75" in said and "# Ended (code 75)" in said


def submitted_member(job, member=2):
    """A node's call for one member."""
    environment = {**os.environ, "SLURM_ARRAY_TASK_ID": str(member), "SLURM_JOB_ID": "9"}
    return run("--member", job.folder, job.run, 0, program="slurm.py", env=environment)


def test_member_runs_what_was_submitted_and_its_code_is_told_to_slurm():
    job = Job("log/x.JOB.log", ("bash", "-c", "echo JOB; exit 3"), variable="JOB", first=1, last=2, sbatch=("-A", "x y"))
    job.folder.mkdir(parents=True)
    Path("log").mkdir()
    submission.record(job)
    assert submission.load(job.folder, job.run) == job
    assert submitted_member(job).returncode == 3
    assert done.results(job, {1, 2}) == {2: 3}


def test_member_that_starts_after_its_run_is_over_touches_nothing():
    job = Job("x.JOB.log", ("touch", "ran"), variable="JOB", first=1, last=2)
    job.folder.mkdir(parents=True)
    assert submitted_member(job).returncode == 0
    submission.record(job)
    done.write_done(job, 2, done.identity(job, 2), code=0)
    before = sorted(path.name for path in job.folder.iterdir())
    assert submitted_member(job).returncode == 0
    assert sorted(path.name for path in job.folder.iterdir()) == before
    assert not Path("ran").exists() and not Path("x.2.log").exists()


def test_leftovers_that_cannot_be_looked_for_stop_the_run(monkeypatch):
    Path("q/x").mkdir(parents=True)
    Path("q/x/submitted.host.1.ab").touch()
    Path("bin").mkdir()
    for name in ("env", "python3"):
        Path("bin", name).symlink_to({"env": "/usr/bin/env", "python3": sys.executable}[name])
    refused = run("x.log", "touch", "ran", env={"PATH": str(Path("bin").resolve())})
    assert refused.returncode == 1
    assert "may have left members in Slurm's queue" in refused.stderr and "cannot run squeue" in refused.stderr
