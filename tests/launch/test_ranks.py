"""Ranks on one machine, and the options that belong to them and to clusters."""

import os
import subprocess
from pathlib import Path

import pytest

UTILS = Path(__file__).resolve().parents[2] / "utils"
GUARD = 100
SHOW = "echo $RANK $LOCAL_RANK $WORLD_SIZE $LOCAL_WORLD_SIZE $OMP_NUM_THREADS ${MASTER_ADDR:+addr} ${MASTER_PORT:+port}"


@pytest.fixture(autouse=True)
def empty_directory(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def run(*arguments, program="run.py", **options):
    return subprocess.run([UTILS / program, *map(str, arguments)], capture_output=True, text=True, timeout=GUARD, **options)


def test_ranks_on_one_machine_find_torchruns_variables_and_write_one_log():
    assert run("--ntasks", 2, "--num-threads", 3, "x.log", "bash", "-c", SHOW).returncode == 0
    lines = [line for line in Path("x.log").read_text().splitlines() if line.endswith("addr port")]
    assert sorted(lines) == ["0 0 2 2 3 addr port", "1 1 2 2 3 addr port"]


def test_dead_rank_on_one_machine_ends_the_others():
    done_ = run("--ntasks", 2, "x.log", "bash", "-c", '[ "$RANK" = 1 ] && exit 7; sleep 60; touch survived')
    assert done_.returncode == 1
    assert not Path("survived").exists()


def test_single_rank_is_the_plain_command():
    assert run("x.log", "bash", "-c", "echo rank=$RANK").returncode == 0
    assert "rank=\n" in Path("x.log").read_text()


def test_ranks_bound_the_number_of_members_at_once():
    cpus = len(os.sched_getaffinity(0))
    if cpus < 2:
        pytest.skip("ranks of a member take two CPUs here")
    script = '[ "$RANK" = 1 ] && exit; echo + >> events; sleep 0.2; echo - >> events'
    assert run("--ntasks", 2, "--num-threads", cpus // 2, "JOB=1:2", "x.JOB.log", "bash", "-c", script).returncode == 0
    assert Path("events").read_text().split() == ["+", "-", "+", "-"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--nodes", 2, "--ntasks", 2], "--nodes 2: there is one machine here"),
        (["--nodes", 2, "--ntasks", 3], "--ntasks 3 is no multiple of --nodes 2"),
        (["--ntasks", 0], "--ntasks is a whole number above 0"),
        (["--sbatch", "--account='x"], "--sbatch --account='x: No closing quotation"),
    ],
)
def test_wrong_ranks_and_sbatch_words_are_usage_errors(options, message):
    refused = run(*options, "x.log", "touch", "ran")
    assert refused.returncode == 255
    assert message in refused.stderr
    assert not Path("ran").exists()


def test_options_for_a_cluster_are_taken_and_do_nothing_here():
    assert run("--sbatch", "--account=x -p y", "--mem", "1", "--time", "1", "x.log", "true").returncode == 0


@pytest.mark.parametrize("program", ["run.py", "slurm.py"])
def test_help_of_both_launchers_has_their_own_examples(program):
    said = run("--help", program=program).stdout
    assert f"{program} JOB=1:4 exp/log/count.JOB.log" in said and f"{program} --" in said and "{program}" not in said
