"""Getting members into a real Slurm's queue and out of it: sizes, limits, refusals, silence, stop signals, killed drivers."""

import os
import re
import signal

import pytest

LONG = ["bash", "-c", "echo $$ > up.JOB; exec sleep 100"]
MEMBERS = int(os.environ.get("CLUSTER_TEST_MEMBERS", "100"))  # of the big array


def sbatch_through(folder, script: str) -> None:
    """Have slurm.py submit through a bash script, in which "$@" is the call that it means."""
    path = folder.path / "through"
    path.write_text(f"#!/bin/bash\n{script}\n")
    path.chmod(0o755)
    folder.configure(folder.read("conf/slurm.conf").replace("command sbatch", "command ./through sbatch"))


def test_big_throttled_array_runs_every_member_once_and_never_too_many(folder):
    script = "echo + JOB >> events; echo - JOB >> events"
    status, said = folder.run("--max-jobs-run", 8, f"JOB=1:{MEMBERS}", "log/x.JOB.log", "bash", "-c", script)
    assert (status, said) == (0, "")
    events = [line.split() for line in folder.read("events").splitlines()]
    assert sorted(int(number) for sign, number in events if sign == "+") == list(range(1, MEMBERS + 1))
    level = peak = 0
    for sign, _ in events:
        level += 1 if sign == "+" else -1
        peak = max(peak, level)
    assert peak <= 8


def test_two_arrays_at_once_do_not_mix(folder):
    first = folder.start("JOB=1:6", "a.JOB.log", "bash", "-c", "sleep 1; echo first JOB")
    second = folder.start("JOB=1:6", "b.JOB.log", "bash", "-c", "sleep 1; echo second JOB; [ JOB != 2 ]")
    assert [folder.end(first)[0], folder.end(second)[0]] == [0, 1]
    assert [folder.output(f"a.{n}.log") for n in range(1, 7)] == [f"first {n}\n" for n in range(1, 7)]
    assert [folder.output(f"b.{n}.log") for n in range(1, 7)] == [f"second {n}\n" for n in range(1, 7)]


def test_members_beyond_the_largest_index_go_into_a_further_array_and_keep_their_numbers(folder):
    assert "MaxArraySize            = 1001" in folder.cluster.slurm("scontrol", "show", "config")
    status, said = folder.run("N=998:1003", "x.N.log", "bash", "-c", "echo N $SLURM_ARRAY_TASK_ID $SLURM_ARRAY_JOB_ID")
    assert (status, said) == (0, "")
    rows = [folder.output(f"x.{n}.log").split() for n in range(998, 1004)]
    assert [row[:2] for row in rows] == [["998", "998"], ["999", "999"], ["1000", "1000"], ["1001", "0"], ["1002", "1"], ["1003", "2"]]
    assert len({row[2] for row in rows}) == 2


def test_max_jobs_run_holds_over_several_arrays(folder):
    script = "echo + >> events; sleep 0.3; echo - >> events"
    assert folder.run("--max-jobs-run", 1, "JOB=1000:1003", "x.JOB.log", "bash", "-c", script)[0] == 0
    assert folder.read("events").split() == ["+", "-"] * 4


def test_when_slurm_takes_only_so_many_members_the_others_wait_until_those_have_ended(folder):
    refusal = (
        "sbatch: error: Batch job submission failed: Job violates accounting/QOS policy (job submit limit, user's size and/or time limits)"
    )
    busy = 'squeue -h -o %Z | grep -qFx "$PWD"'
    sbatch_through(
        folder,
        f'[[ $* =~ --array=([0-9]+)-([0-9]+) && $((BASH_REMATCH[2] - BASH_REMATCH[1])) -gt 2 ]] || {busy} && {{ echo "{refusal}" >&2; exit 1; }}; echo >> submitted; exec "$@"',
    )
    status, said = folder.run("JOB=1:7", "x.JOB.log", "bash", "-c", "sleep 0.5; echo JOB")
    assert (status, said) == (0, "")
    assert [folder.output(f"x.{n}.log") for n in range(1, 8)] == [f"{n}\n" for n in range(1, 8)]
    assert len(folder.read("submitted")) == 3


@pytest.mark.parametrize(
    ("options", "refusal"),
    [(["--mem", "9000G"], "Memory specification can not be satisfied"), (["--sbatch", "--partition=no"], "partition")],
)
def test_request_that_slurm_refuses_fails_at_once_with_its_words(folder, options, refusal):
    status, said = folder.run(*options, "x.log", "true")
    assert status == 1
    assert "slurm.py: Slurm refuses the job: " in said and refusal in said
    assert sorted(path.name for path in (folder.path / "q/x").iterdir()) == ["lock"]


def test_request_that_slurm_takes_but_can_never_start_says_why_it_waits(folder):
    run = folder.start("--nodes", 9, "--ntasks", 9, "x.log", "true")
    assert re.fullmatch(r"slurm.py: Slurm job [0-9]+_1 waits: PartitionNodeLimit\n", folder.first_line(run))
    run.terminate()
    assert folder.end(run)[0] == 143
    assert folder.jobs() == []


@pytest.mark.parametrize("signum", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_stop_signal_cancels_running_and_queued_members_before_it_returns(folder, signum):
    run = folder.start("--max-jobs-run", 2, "JOB=1:6", "x.JOB.log", *LONG)
    folder.until("up.1")
    folder.until("up.2")
    os.killpg(run.pid, signum)
    status, said = folder.end(run)
    assert status == 128 + signum
    assert f"stopped by {signum.name}" in said
    assert folder.jobs() == [] and not folder.is_alive("up.1") and not folder.is_alive("up.2")
    assert "# Ended (code 143; signal 15) at " in folder.read("x.1.log")
    assert not list(folder.path.glob("q/x.JOB/submitted.*"))


def test_what_a_killed_driver_left_in_the_queue_is_cancelled_before_anything_is_submitted(folder):
    call = ["JOB=1:3", "x.JOB.log", "bash", "-c", 'echo > up.JOB; [ "$SECOND" ] || sleep 100; echo second']
    run = folder.start(*call)
    folder.until("up.3")
    run.kill()
    folder.end(run)
    assert len(folder.jobs()) == 3
    status, said = folder.run(*call, SECOND="1")
    assert status == 0
    assert re.match(r"slurm.py: cancelling Slurm job [0-9]+, which an earlier run of x.\*.log left behind\n", said)
    assert [folder.output(f"x.{n}.log") for n in (1, 2, 3)] == ["second\n"] * 3


def test_local_run_ends_what_a_killed_slurm_run_left(folder):
    run = folder.start("JOB=1:2", "x.JOB.log", *LONG)
    folder.until("up.2")
    run.kill()
    folder.end(run)
    status, said = folder.run("JOB=1:2", "x.JOB.log", "true", program="run.py")
    assert status == 0
    assert "run.py: cancelling Slurm job" in said
    assert folder.jobs() == [] and not folder.is_alive("up.1")


def test_driver_killed_before_it_learnt_the_id_of_its_array_loses_nothing(folder):
    sbatch_through(folder, '"$@" > answer; sleep 1; cat answer')
    run = folder.start("JOB=1:2", "x.JOB.log", *LONG)
    folder.until("answer")
    run.kill()
    folder.end(run)
    status, said = folder.run("JOB=1:2", "x.JOB.log", "true")
    assert status == 0
    assert "cancelling Slurm job" in said
    assert not folder.is_alive("up.1") and not folder.is_alive("up.2")


def test_answer_lost_on_the_way_submits_nothing_twice(folder):
    lost = "sbatch: error: Batch job submission failed: Socket timed out on send/recv operation"
    sbatch_through(folder, f'echo >> submitted; "$@" > /dev/null; echo "{lost}" >&2; exit 1')
    status, said = folder.run("JOB=1:2", "x.JOB.log", "bash", "-c", "echo JOB >> ran; sleep 8")
    assert status == 0
    assert "controller does not answer, trying on" in said
    assert sorted(folder.read("ran").split()) == ["1", "2"] and folder.read("submitted") == "\n"


def test_run_may_itself_be_a_member(folder):
    inner = [
        "slurm.py",
        "--num-threads",
        1,
        "JOB=1:2",
        "inner.JOB.log",
        "bash",
        "-c",
        "echo $SLURM_NTASKS $SLURM_CPUS_PER_TASK $SLURM_MEM_PER_NODE",
    ]
    status, said = folder.run("--num-threads", 3, "--mem", "400M", "outer.log", *inner[:1], *inner[1:])
    assert (status, said) == (0, "")
    assert folder.output("inner.2.log") == "1 1\n"


def test_restart_of_the_controller_is_waited_out_by_runs_that_submit_and_runs_that_wait(folder):
    waiting = folder.start("JOB=1:2", "x.JOB.log", "bash", "-c", "echo > up.JOB; until [ -e go ]; do sleep 0.1; done")
    folder.until("up.2")
    folder.cluster.control("kill", "slurmctld")
    submitting = folder.start("y.log", "echo", "done")
    assert "controller does not answer" in folder.first_line(waiting)
    assert "controller does not answer" in folder.first_line(submitting)
    folder.cluster.control("start")
    assert folder.end(submitting) == (0, "")
    (folder.path / "go").touch()
    assert folder.end(waiting) == (0, "")
