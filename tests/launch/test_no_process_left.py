"""Stopped or killed, utils/run.py leaves no process behind, nor a member that wrongly counts as done."""

import os
import signal
import subprocess
import time
import uuid
from pathlib import Path

import pytest

RUN = Path(__file__).resolve().parents[2] / "utils/run.py"
PIPED = {"stderr": subprocess.PIPE, "text": True}
# Members that outlive what should have ended them show it by a file `survived`.
PIPELINE = "{ touch up.JOB; sleep 30; touch survived; } | (sleep 30; touch survived)"
STUBBORN = (
    "trap '' TERM; touch up.JOB; (setsid bash -c \"trap '' TERM; sleep 30; touch survived\") | (sleep 30; touch survived); touch survived"
)


def is_alive(process: int) -> bool:
    try:
        return b") Z " not in Path(f"/proc/{process}/stat").read_bytes()
    except (FileNotFoundError, ProcessLookupError):
        return False


class Started:
    """A run.py in the background; it and all that it starts can be told by a mark in their environment."""

    def __init__(self, *arguments, before=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL)):
        self.mark = uuid.uuid4().hex
        environment = {**os.environ, "LAUNCH_TEST_MARK": self.mark}
        self.process = subprocess.Popen([RUN, *arguments], env=environment, preexec_fn=before, start_new_session=True, **PIPED)

    def processes(self) -> list[int]:
        found = []
        for environ in Path("/proc").glob("[0-9]*/environ"):
            try:
                marked = self.mark.encode() in environ.read_bytes()
            except OSError:  # it has just ended
                continue
            if marked and is_alive(int(environ.parent.name)):
                found.append(int(environ.parent.name))
        return found

    def wait_for(self, *names: str) -> None:
        while not all(Path(name).exists() for name in names) and self.process.poll() is None:
            time.sleep(0.02)

    def wait_until_gone(self) -> None:
        while self.processes():
            time.sleep(0.02)


@pytest.fixture(autouse=True)
def empty_directory(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("signum", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_stop_signal_ends_pipelines_and_queued_members_at_once(signum):
    run = Started("--max-jobs-run", "2", "JOB=1:5", "exp/log/x.JOB.log", "bash", "-c", PIPELINE)
    run.wait_for("up.1")
    os.killpg(run.process.pid, signum)  # as a terminal does: to the whole process group, out of which the members must be
    assert run.process.wait() == 128 + signum
    assert run.processes() == []
    assert f"stopped by {signum.name}" in run.process.stderr.read()
    assert not Path("survived").exists() and not Path("up.5").exists()
    assert "# Ended (code 143; signal 15) at " in Path("exp/log/x.1.log").read_text()


def test_stop_signal_ends_a_member_that_ignores_it_and_a_descendant_in_a_session_of_its_own():
    run = Started("x.log", "bash", "-c", STUBBORN)
    run.wait_for("up.JOB")
    run.process.terminate()
    assert run.process.wait() == 143
    assert run.processes() == []
    assert not Path("survived").exists()
    assert "# Ended (code 137; signal 9) at " in Path("x.log").read_text()


def test_member_that_ends_well_only_because_it_was_stopped_runs_again():
    call = [
        "x.log",
        "bash",
        "-c",
        "trap 'exit 0' TERM; echo >> ran; [ $(wc -l < ran) = 2 ] && exit 0; touch up; while :; do sleep 0.02; done",
    ]
    run = Started(*call)
    run.wait_for("up")
    run.process.terminate()
    assert run.process.wait() == 143
    assert subprocess.run([RUN, *call]).returncode == 0
    assert len(Path("ran").read_text().splitlines()) == 2


def test_sigint_stops_a_run_that_a_shell_started_with_it_ignored():
    run = Started("x.log", "bash", "-c", PIPELINE, before=lambda: signal.signal(signal.SIGINT, signal.SIG_IGN))
    run.wait_for("up.JOB")
    run.process.send_signal(signal.SIGINT)
    assert run.process.wait() == 130
    assert run.processes() == []


def test_under_nohup_a_hangup_stops_nothing():
    command = ["bash", "-c", "touch up; until [ -e go ]; do sleep 0.02; done"]
    run = Started("x.log", *command, before=lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN))
    run.wait_for("up")
    run.process.send_signal(signal.SIGHUP)
    Path("go").touch()
    assert run.process.wait() == 0


def test_killed_run_takes_its_members_along_and_the_next_run_starts_clean(monkeypatch):
    call = ["exp/log/x.log", "bash", "-c", f"echo from $RUN_NUMBER; [ $RUN_NUMBER = 2 ] || {{ {PIPELINE}; }}"]
    monkeypatch.setenv("RUN_NUMBER", "1")
    run = Started(*call)
    run.wait_for("up.JOB")
    run.process.kill()
    assert run.process.wait() == -signal.SIGKILL
    monkeypatch.setenv("RUN_NUMBER", "2")
    assert subprocess.run([RUN, *call]).returncode == 0
    run.wait_until_gone()
    log = Path("exp/log/x.log").read_text()
    assert "from 2" in log and "from 1" not in log and log.count("# Ended") == 1
    assert not Path("survived").exists()


def test_member_whose_own_process_is_killed_has_failed_and_leaves_nothing():
    run = Started("JOB=1:2", "x.JOB.log", "bash", "-c", f"[ JOB = 1 ] || {{ echo $PPID > parent; {PIPELINE}; }}")
    run.wait_for("up.2")
    os.kill(int(Path("parent").read_text()), signal.SIGKILL)
    assert run.process.wait() == 1
    assert run.processes() == []
    said = run.process.stderr.read()
    assert "member 2 ended without a done-file: its process ended with status -9" in said and "1 / 2 failed" in said
    assert not Path("survived").exists()


def test_what_a_command_left_running_may_finish_but_not_stay():
    script = "(sleep 0.3; touch finished) & (sleep 30; touch survived) & exit 0"
    run = Started("x.log", "bash", "-c", script)
    assert run.process.wait() == 0
    assert run.processes() == []
    assert Path("finished").exists() and not Path("survived").exists()
