"""One run at a time in a folder: a second one is turned away, what a killed one left at work is waited for."""

import os
import re
import signal
import time

from ledger_recipe import FINISHED, stages, wait_for


def test_an_exp_that_cannot_be_made_is_named_before_anything_runs(fresh):
    fresh.write("exp", "a file")
    result = fresh.run()
    assert result.returncode == 1 and result.stdout == ""
    assert result.stderr == f"run.sh: cannot write {fresh.folder}/exp/.stages/lock: Not a directory\n"


def test_a_second_run_in_the_same_folder_is_turned_away_while_one_is_at_work(fresh):
    fresh.edit("  sort -r", "  touch here; while [ -e here ]; do sleep 0.05; done\n  sort -r")
    process = fresh.start()
    wait_for((fresh.folder / "here").exists)
    for options in ((), ("--stage", "0")):
        second = fresh.run(*options)
        assert second.returncode == 1 and second.stdout == ""
        assert second.stderr == (
            f"run.sh: another run is at work in this folder, process {process.pid} on {os.uname().nodename}; wait for it, or end it\n"
        )
    assert "  running  " in fresh.run("--status").stdout, "which only looks"
    (fresh.folder / "here").unlink()
    process.communicate(timeout=60)
    assert process.returncode == 0 and fresh.run().stderr == FINISHED


def test_what_a_killed_run_left_at_work_is_named_and_waited_for_and_no_longer(fresh):
    fresh.edit("  sort -r", "  [ -e here ] || { touch here; sleep 3; touch late; }\n  sort -r")
    fresh.edit("touch here; sleep 3; touch late", "bash -c 'touch here; sleep 3; touch late'")
    process = fresh.start()
    wait_for((fresh.folder / "here").exists)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    start = time.monotonic()
    result = fresh.run()
    assert result.returncode == 0 and (fresh.folder / "late").exists() and stages(result) == [2, 3, 4]
    assert re.search(r"waiting for what an earlier run has left at work: .*\d+ (bash|sleep)", result.stderr)
    process.communicate()
    assert time.monotonic() - start < 60
