"""What Slurm's commands print, and what they do not: answers, refusals and silence are told apart. Their texts are Slurm 22.05's."""

import os
import re

import pytest

from cortado.launch import slurm_commands as commands
from cortado.launch.message import LaunchError

SCONTROL = (
    "JobId=5 ArrayJobId=5 ArrayTaskId=4-6%2 ArrayTaskThrottle=2 JobName=y UserId=a(0) JobState=PENDING Reason=JobArrayTaskLimit ExitCode=0:0\n"
    "JobId=8 ArrayJobId=5 ArrayTaskId=3 ArrayTaskThrottle=2 JobName=y JobState=NODE_FAIL Reason=NodeDown Requeue=0 ExitCode=0:0 RunTime=00:00:09\n"
    "JobId=7 ArrayJobId=5 ArrayTaskId=2 ArrayTaskThrottle=2 JobName=y JobState=CANCELLED Reason=None Requeue=0 ExitCode=0:15 RunTime=00:00:02\n"
)
SACCT = "5_2|7|CANCELLED by 1000|0:15\n5_3|8|RUNNING|0:0\n5_[4-6%2]|5|CANCELLED by 1000|0:0\n"
LOST = "slurm_load_jobs error: Unable to contact slurm controller (connect failure)"
LIMIT = "sbatch: error: Batch job submission failed: Job violates accounting/QOS policy (job submit limit, user's size and/or time limits)"


@pytest.fixture
def program(tmp_path, monkeypatch):
    """program("squeue", output, error, status): a program of this name that comes before Slurm's."""
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")

    def write(name, output="", error="", status=0):
        for stream, text in (("out", output), ("err", error)):
            (tmp_path / f"{name}.{stream}").write_text(text)
        path = tmp_path / name
        path.write_text(f'#!/bin/bash\nprintf "%s\\n" "$*" > {path}.call\ncat {path}.out; cat {path}.err >&2; exit {status}\n')
        path.chmod(0o755)
        return path.with_name(f"{name}.call")

    return write


def test_scontrol_tells_of_every_member_that_has_started_and_of_the_rest_together():
    found = commands.read_scontrol(SCONTROL)
    assert sorted(found) == [2, 3, 4, 5, 6]
    assert str(found[3]) == "Slurm says NODE_FAIL (NodeDown), exit code 0:0"
    assert str(found[2]) == "Slurm says CANCELLED, exit code 0:15"
    assert (found[2].job, found[6].state) == ("7", "PENDING")


def test_sacct_tells_only_of_what_has_ended():
    found = commands.read_sacct(SACCT)
    assert {index: outcome.state for index, outcome in found.items()} == dict.fromkeys((2, 4, 5, 6), "CANCELLED by 1000")


def test_sacct_knows_better_where_it_knows_anything_and_scontrol_is_there_where_it_does_not(program):
    program("scontrol", SCONTROL)
    program("sacct", SACCT)
    assert [commands.outcomes("5")[index].state for index in (2, 3, 4)] == ["CANCELLED by 1000", "NODE_FAIL", "CANCELLED by 1000"]
    program("sacct", error="Slurm accounting storage is disabled", status=1)
    assert [commands.outcomes("5")[index].state for index in (2, 3, 4)] == ["CANCELLED", "NODE_FAIL", "PENDING"]
    program("scontrol", error="slurm_load_jobs error: Invalid job id specified", status=1)
    assert commands.outcomes("5") == {}


def test_queue_is_asked_once_for_all_arrays(program):
    call = program("squeue", "12|3|RUNNING|None\n12|4|PENDING|Nodes required for job are DOWN, DRAINED\n13|0|COMPLETING|None\n")
    queue = commands.squeue({"13", "12"})
    assert queue["12", 4] == ("PENDING", "Nodes required for job are DOWN, DRAINED")
    assert (len(queue), queue["13", 0].state) == (3, "COMPLETING")
    assert "--jobs=12,13 " in call.read_text()


def test_array_that_slurm_has_forgotten_is_gone_but_a_silent_controller_says_nothing_of_it(program):
    program("squeue", error="slurm_load_jobs error: Invalid job id specified", status=1)
    assert commands.squeue({"12"}) == {}
    for error in (LOST, "slurm_load_jobs error: Something new", ""):
        program("squeue", error=error, status=1)
        with pytest.raises(commands.Silent):
            commands.squeue({"12"})


def test_own_arrays_are_found_by_the_run_in_their_name(program):
    program(
        "squeue",
        "12|RUNNING|x|y.JOB:host.1.ab.1\n12|COMPLETING|x|y.JOB:host.1.ab.1\n13|COMPLETING|z:host.1.ab.2\n14|RUNNING|z:host.2.ab.1\n",
    )
    assert commands.arrays_named(":host.1.ab.") == {"12": True, "13": False}


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (LOST, commands.Silent),
        ("sbatch: error: Batch job submission failed: Socket timed out on send/recv operation", commands.Silent),
        ("sbatch: error: Batch job submission failed: Zero Bytes were transmitted or received", commands.Silent),
        ("slurm_load_jobs error: Slurm backup controller in standby mode", commands.Silent),
        (f"sbatch: error: AssocMaxSubmitJobLimit\n{LIMIT}", commands.LimitReached),
        ("sbatch: error: Batch job submission failed: Invalid job array specification", commands.LimitReached),
        ("sbatch: error: Slurm temporarily unable to accept job, sleeping and retrying", commands.LimitReached),
        ("sbatch: error: invalid partition specified: no", LaunchError),
        ("sbatch: error: Batch job submission failed: Requested node configuration is not available", LaunchError),
    ],
)
def test_refusal_limit_and_silence_of_sbatch_are_told_apart(program, error, kind):
    program("sbatch", error=error, status=1)
    with pytest.raises(kind, match=re.escape(error.splitlines()[-1])):
        commands.sbatch(["sbatch"], "#!/bin/sh\n")


def test_id_is_read_also_where_sbatch_names_its_cluster(program):
    program("sbatch", "123;main\n")
    assert commands.sbatch(["sbatch", "--parsable"], "") == "123"


def test_missing_command_is_an_error_that_names_it(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(LaunchError, match="cannot run squeue, a command of Slurm: No such file"):
        commands.squeue({"1"})


def test_settings_of_the_job_around_us_stay_out_but_not_the_clusters(monkeypatch):
    for name, value in {"SLURM_NTASKS": "7", "SQUEUE_STATES": "PD", "SLURM_CONF": "/c", "SBATCH_ACCOUNT": "speech"}.items():
        monkeypatch.setenv(name, value)
    seen = commands.call(["env"]).stdout.splitlines()
    assert {"SLURM_CONF=/c", "SBATCH_ACCOUNT=speech", f"PATH={os.environ['PATH']}"} <= set(seen)
    assert not [line for line in seen if line.startswith(("SLURM_NTASKS", "SQUEUE_"))]


def test_silence_is_said_once_and_outlasted(monkeypatch, capsys):
    monkeypatch.setattr(commands, "RETRY_SECONDS", 0.01)
    answers = iter([commands.Silent("no route"), commands.Silent("no route"), "here"])

    def query():
        answer = next(answers)
        if isinstance(answer, Exception):
            raise answer
        return answer

    assert commands.patiently(query) == "here"
    assert capsys.readouterr().err.count("does not answer, trying on: no route") == 1
