"""Which members a repeated call of utils/run.py runs again, counted by what they leave behind."""

import dataclasses
import os
import subprocess
import time
from pathlib import Path

import pytest

from cortado.launch import done, driver
from cortado.launch.arguments import parse
from cortado.launch.message import LaunchError

RUN = Path(__file__).resolve().parents[2] / "utils/run.py"
# Appends its number to `ran`; succeeds unless a file fail.<number> is there.
COMMAND = ["bash", "-c", "echo JOB >> ran; [ ! -e fail.JOB ]"]


@pytest.fixture
def run(tmp_path, monkeypatch):
    """run(argument, ...) -> (status, numbers of the members that ran), in an empty directory."""
    monkeypatch.chdir(tmp_path)

    def call(*arguments):
        Path("ran").write_text("")
        status = subprocess.run([RUN, *arguments], stderr=subprocess.DEVNULL).returncode
        return status, sorted(map(int, Path("ran").read_text().split()))

    return call


def test_rerun_runs_only_the_members_that_failed_until_none_is_left(run):
    call = ("JOB=1:4", "exp/log/x.JOB.log", *COMMAND)
    Path("fail.2").touch()
    Path("fail.4").touch()
    assert run(*call) == (1, [1, 2, 3, 4])
    Path("fail.4").unlink()
    assert run(*call) == (1, [2, 4])
    Path("fail.2").unlink()
    assert run(*call) == (0, [2])
    assert run(*call) == (0, [])


def test_what_is_not_run_again_is_said(run):
    call = ("JOB=1:3", "exp/log/x.JOB.log", *COMMAND)
    run(*call)
    said = subprocess.run([RUN, *call], capture_output=True, text=True).stderr
    assert "3 / 3 succeeded before" in said and "exp/log/x.*.log" in said


def test_options_that_do_not_change_the_work_do_not_run_it_again(run):
    assert run("JOB=1:2", "x.JOB.log", *COMMAND) == (0, [1, 2])
    assert run("--max-jobs-run", "1", "--mem", "9G", "JOB=1:2", "x.JOB.log", *COMMAND) == (0, [])


def test_changed_argument_runs_everything_again_and_so_does_changing_it_back(run):
    call = ("JOB=1:2", "x.JOB.log", *COMMAND)
    assert run(*call, "a b") == (0, [1, 2])
    assert run(*call, "a", "b") == (0, [1, 2])
    assert run(*call, "a b") == (0, [1, 2])
    assert run(*call, "a b") == (0, [])


def test_changed_working_directory_runs_again(run, tmp_path, monkeypatch):
    log = str(tmp_path / "x.log")
    command = ["bash", "-c", f"echo 1 >> {tmp_path}/ran"]
    assert run(log, *command) == (0, [1])
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    (tmp_path / "ran").write_text("")
    assert subprocess.run([RUN, log, *command]).returncode == 0
    assert (tmp_path / "ran").read_text() == "1\n"


def test_fewer_members_in_between_leave_nothing_that_more_members_then_trust(run):
    command = ("x.JOB.log", *COMMAND)
    assert run("JOB=1:4", *command) == (0, [1, 2, 3, 4])
    assert run("JOB=1:2", *command) == (0, [1, 2])
    assert run("JOB=1:4", *command) == (0, [1, 2, 3, 4])


def test_done_files_do_not_pile_up(run):
    for last in (5, 2, 3):
        for word in ("a", "b"):
            run(f"JOB=1:{last}", "exp/log/x.JOB.log", *COMMAND, word)
    assert [path.name for path in Path("exp/q").iterdir()] == ["x.JOB"]
    assert sorted(path.name for path in Path("exp/q/x.JOB").iterdir()) == ["done.1", "done.2", "done.3", "lock"]


def test_deleted_log_forces_its_member(run):
    call = ("JOB=1:3", "exp/log/x.JOB.log", *COMMAND)
    run(*call)
    Path("exp/log/x.2.log").unlink()
    assert run(*call) == (0, [2])


def test_log_that_another_call_has_overwritten_forces_its_member(run):
    call = ("JOB=1:3", "exp/log/x.JOB.log", *COMMAND)
    run(*call)
    run("exp/log/x.2.log", "true")
    assert run(*call) == (0, [2])


@pytest.mark.parametrize("content", ["", '{"code": 0', "{}"])
def test_damaged_done_file_is_no_success(run, content):
    call = ("JOB=1:3", "exp/log/x.JOB.log", *COMMAND)
    run(*call)
    Path("exp/q/x.JOB/done.2").write_text(content)
    assert run(*call) == (0, [2])


def test_done_file_of_another_run_is_no_success(run):
    call = ("JOB=1:2", "exp/log/x.JOB.log", *COMMAND)
    run(*call)
    stale = Path("exp/q/x.JOB/done.1").read_text()
    Path("exp/log/x.1.log").unlink()
    run(*call)
    Path("exp/q/x.JOB/done.1").write_text(stale)
    assert run(*call) == (0, [1])


def test_input_with_new_contents_runs_its_members_again(run):
    call = ("--input", "part.JOB", "--input=shared", "JOB=1:3", "x.JOB.log", *COMMAND)
    for name in ("part.1", "part.2", "part.3", "shared"):
        Path(name).write_text("old")
    assert run(*call) == (0, [1, 2, 3])
    Path("part.2").write_text("new")
    Path("part.3").write_text("old")  # written again, but the same
    assert run(*call) == (0, [2])
    Path("shared").write_text("new")
    assert run(*call) == (0, [1, 2, 3])


def test_missing_input_is_an_error_that_names_it_and_nothing_runs(run):
    assert run("--input", "part.JOB", "JOB=1:2", "x.JOB.log", *COMMAND) == (1, [])
    said = subprocess.run([RUN, "--input", "part.JOB", "JOB=1:2", "x.JOB.log", *COMMAND], capture_output=True, text=True).stderr
    assert "part.1: No such file or directory" in said


def test_missing_output_runs_its_member_again(run):
    call = ("--output", "made.JOB", "JOB=1:3", "x.JOB.log", "bash", "-c", "echo JOB >> ran; touch made.JOB")
    assert run(*call) == (0, [1, 2, 3])
    Path("made.3").unlink()
    assert run(*call) == (0, [3])


def test_output_cut_short_runs_its_member_again(run):
    call = ("--output", "made.JOB", "JOB=1:3", "x.JOB.log", "bash", "-c", "echo JOB >> ran; echo abc > made.JOB")
    assert run(*call) == (0, [1, 2, 3])
    os.truncate("made.2", 2)
    assert run(*call) == (0, [2])
    assert run(*call) == (0, [])


def test_second_run_of_the_same_call_waits_for_the_first_and_trusts_it(run):
    Path("ran").write_text("")
    call = [RUN, "x.log", "bash", "-c", "echo 1 >> ran; until [ -e go ] || [ $(wc -l < ran) = 2 ]; do sleep 0.02; done"]
    with subprocess.Popen(call) as first:
        while not Path("ran").read_text():
            time.sleep(0.02)
        with subprocess.Popen(call, stderr=subprocess.PIPE, text=True) as second:
            said = second.stderr.readline()
            Path("go").touch()
            said += second.stderr.read()
    assert "waiting for an earlier run of x.log to end" in said and "1 / 1 succeeded before" in said
    assert (first.returncode, second.returncode) == (0, 0)
    assert Path("ran").read_text() == "1\n"


class LosesMembers:
    """A back end on which every member vanishes without a trace, as on a node that dies."""

    def __init__(self):
        self.submitted, self.cancelled = [], False

    def submit(self, job, members):
        self.submitted = list(members)

    def wait(self, left):
        return dict.fromkeys(self.submitted, "its node died")

    def resume(self, stopped):
        return set()

    def cancel(self):
        self.cancelled = True


def test_back_end_gets_the_missing_members_only_and_a_lost_one_has_failed(run, capsys):
    call = ["JOB=1:4", "exp/log/x.JOB.log", *COMMAND]
    Path("fail.2").touch()
    Path("fail.4").touch()
    run(*call)
    back_end = LosesMembers()
    assert driver.launch(parse(call), back_end) == 1
    assert (back_end.submitted, back_end.cancelled) == ([2, 4], False)
    assert "member 4 ended without a done-file: its node died" in capsys.readouterr().err
    assert "no done-file: its node died" in Path("exp/log/x.2.log").read_text().splitlines()[-1]


def test_done_file_that_an_earlier_run_writes_late_is_no_success(run, capsys):
    class EarlierRunIsLate(LosesMembers):
        def submit(self, job, members):
            super().submit(job, members)
            earlier = dataclasses.replace(job, run="an-earlier-one")
            done.write_done(earlier, 1, done.identity(earlier, 1), code=0)

    assert driver.launch(parse(["x.log", "true"]), EarlierRunIsLate()) == 1
    assert "member 1 ended without a done-file" in capsys.readouterr().err


def test_back_end_that_cannot_submit_is_cancelled(run):
    class Refuses(LosesMembers):
        def submit(self, job, members):
            raise LaunchError("the queue is closed")

    back_end = Refuses()
    with pytest.raises(LaunchError, match="queue is closed"):
        driver.launch(parse(["x.log", "true"]), back_end)
    assert back_end.cancelled
