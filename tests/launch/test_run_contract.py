"""utils/run.py as its users call it: syntax, exit status, logs, quoting, reports, concurrency, start-up."""

import json
import os
import pty
import re
import subprocess
import sys
from pathlib import Path

import pytest

RUN = Path(__file__).resolve().parents[2] / "utils/run.py"
NUM_CPUS = len(os.sched_getaffinity(0))
TORTURE = [
    "it's",
    '"q"',
    "$HOME",
    "`date`",
    "a  b ",
    "",
    "|",
    ">",
    ";",
    "&&",
    "new\nline",
    "t\tb",
    "back\\slash",
    "\\\n'",
    "ünï 語",
    "*",
    "$'x'",
    "\x01",
]


@pytest.fixture
def run(tmp_path):
    """run(argument, ...) -> the finished call, made in an empty directory."""

    def call(*arguments, **options):
        words = [str(RUN), *map(str, arguments)]
        return subprocess.run(words, **{"cwd": tmp_path, "capture_output": True, "text": True, "stdin": subprocess.DEVNULL, **options})

    return call


def output_of(log: Path) -> str:
    """What the command itself wrote: a log without its four header and two footer lines."""
    return "".join(log.read_text().splitlines(keepends=True)[4:-2])


@pytest.mark.parametrize("options", [["--mem", "4G", "--time=1-02:00:00", "--config", "conf/slurm.conf", "--max-jobs-run=2"], []])
def test_options_may_stand_before_and_after_the_range_in_both_forms(run, tmp_path, options):
    done = run(*options, "JOB=2:4", *options, "--num-threads", 1, "exp/log/x.JOB.log", "echo", "JOB", "--JOB", "xJOBx")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert sorted(p.name for p in (tmp_path / "exp/log").iterdir()) == ["x.2.log", "x.3.log", "x.4.log"]
    assert output_of(tmp_path / "exp/log/x.3.log") == "3 --3 x3x\n"


@pytest.mark.parametrize(
    ("words", "log", "output"),
    [
        (["x.log"], "x.log", "JOB\n"),
        (["JOB=1:1", "x.log"], "x.log", "1\n"),
        (["JOB=7", "x.JOB.log"], "x.7.log", "7\n"),
        (["JOB=1", "x.log"], "x.log", "1\n"),
        (["JOB=05:05", "d/JOB/log/x.log"], "d/5/log/x.log", "5\n"),
    ],
)
def test_calls_of_one_member(run, tmp_path, words, log, output):
    assert run(*words, "echo", "JOB").returncode == 0
    assert output_of(tmp_path / log) == output


def test_any_name_can_be_the_variable(run, tmp_path):
    assert run("part_x=1:2", "x.part_x.log", "echo", "JOB", "part_x").returncode == 0
    assert output_of(tmp_path / "x.2.log") == "JOB 2\n"


@pytest.mark.parametrize(
    "text", ["JOB=0:3", "JOB=4:1", "JOB=1:", "JOB=:3", "JOB=", "JOB=a:b", "JOB=1:-1", "JOB=1-3", "JOB=0", "JOB=1:2:3", "JOB=²"]
)
def test_bad_range_is_a_usage_error_and_runs_nothing(run, tmp_path, text):
    done = run(text, "x.JOB.log", "touch", "ran")
    assert done.returncode == 255
    assert f"bad range {text}" in done.stderr
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--foo", "1", "x.log", "touch", "ran"], "unknown option --foo; known are --max-jobs-run, --num-threads"),
        (["-tc", "1", "x.log", "touch", "ran"], "unknown option -tc"),
        (["--gpu", "one", "x.log", "touch", "ran"], "--gpu is a whole number, not 'one'"),
        (["--max-jobs-run=0", "x.log", "touch", "ran"], "--max-jobs-run is a whole number above 0, not '0'"),
        (["--mem", "--gpu", "x.log", "touch", "ran"], "--mem is a number of megabytes or a size such as 4G, not '--gpu'"),
        (["--mem"], "--mem needs a value"),
        (["x.log"], "a log and a command are needed"),
        ([], "a log and a command are needed"),
    ],
)
def test_wrong_call_is_a_usage_error_and_runs_nothing(run, tmp_path, words, message):
    done = run(*words)
    assert done.returncode == 255
    assert message in done.stderr
    assert not list(tmp_path.iterdir())


def test_parallel_job_with_one_log_is_refused_with_status_1(run, tmp_path):
    done = run("JOB=1:2", "x.log", "touch", "ran")
    assert done.returncode == 1
    assert "trying to run a parallel job but you are putting the output into just one log file (x.log)" in done.stderr
    assert not list(tmp_path.iterdir())


def test_help_shows_an_example_and_every_option(run):
    done = run("--help")
    assert done.returncode == 0
    assert "JOB=1:4 exp/log/count.JOB.log bash -c 'set -o pipefail;" in done.stdout
    options = re.search("known are (.*)", run("--nonsense").stderr)[1].split(", ")
    assert all(option in done.stdout for option in options)


def test_arguments_arrive_as_given_and_no_shell_reads_them(run, tmp_path):
    code = "import json, sys; json.dump(sys.argv[1:], open('argv', 'w'))"
    assert run("x.log", sys.executable, "-c", code, *TORTURE).returncode == 0
    assert json.loads((tmp_path / "argv").read_text()) == TORTURE


def test_first_line_of_the_log_is_the_command_as_bash_can_run_it_again(run, tmp_path):
    assert run("log dir/ü 1.log", "printf", "%s|", *TORTURE).returncode == 0
    log = (tmp_path / "log dir/ü 1.log").read_bytes()
    command = log.split(b"\n", 1)[0].removeprefix(b"# ")
    again = subprocess.run(["bash", "-c", command], capture_output=True, check=True).stdout
    assert again == "".join(f"{argument}|" for argument in TORTURE).encode()
    assert again in log


def test_log_has_header_both_outputs_and_footer(run, tmp_path):
    assert run("--num-threads", "3", "x.log", "bash", "-c", "echo out; echo err >&2; exit 7").returncode == 1
    lines = (tmp_path / "x.log").read_text().splitlines()
    assert lines[0] == "# bash -c 'echo out; echo err >&2; exit 7'"
    assert re.fullmatch(rf"# Running on {os.uname().nodename}, run \S+", lines[1])
    assert lines[2].startswith("# Started at ")
    assert lines[3:6] == ["#", "out", "err"]
    assert re.fullmatch(r"# Accounting: time=[0-9.]+ threads=3", lines[6])
    assert re.fullmatch(r"# Ended \(code 7\) at .*", lines[7])


def test_signal_that_killed_a_member_is_in_the_footer(run, tmp_path):
    assert run("x.log", "bash", "-c", "kill -SEGV $$").returncode == 1
    assert "# Ended (code 139; signal 11) at " in (tmp_path / "x.log").read_text()


@pytest.mark.parametrize(
    ("command", "code", "message"),
    [
        ("no-such-command", 127, "cannot run no-such-command: No such file"),
        ("./plain.txt", 126, "cannot run ./plain.txt: Permission denied"),
    ],
)
def test_command_that_cannot_be_run_fails_with_the_reason_in_log_and_stderr(run, tmp_path, command, code, message):
    (tmp_path / "plain.txt").write_text("no program")
    done = run("x.log", command)
    assert done.returncode == 1
    assert message in done.stderr
    assert f"# Ended (code {code}) at " in (tmp_path / "x.log").read_text()


def test_failure_inside_a_pipeline_is_seen(run):
    assert run("x.log", "bash", "-c", "set -o pipefail; false | cat").returncode == 1


def test_members_read_nothing_from_the_callers_stdin(run, tmp_path):
    assert run("x.log", "cat", stdin=None, input="secret\n").returncode == 0
    assert output_of(tmp_path / "x.log") == ""


def test_all_members_run_though_some_fail_and_their_logs_are_shown(run, tmp_path):
    script = "for i in $(seq 30); do echo line $i of JOB; done; touch ran.JOB; [ JOB = 2 ]"
    done = run("JOB=1:5", "exp/log/x.JOB.log", "bash", "-c", script)
    assert done.returncode == 1
    assert len(list(tmp_path.glob("ran.*"))) == 5
    assert "run.py: 4 / 5 failed, log is in exp/log/x.*.log\n" in done.stderr
    assert re.findall("==> (.*) <==", done.stderr) == ["exp/log/x.1.log", "exp/log/x.3.log", "exp/log/x.4.log"]
    assert "line 30 of 3" in done.stderr and "line 19 of 3" not in done.stderr


def test_failure_of_a_single_job_names_its_log_and_a_forgotten_range(run):
    assert "run.py: job failed, log is in x.3.log\n" in run("JOB=3", "x.JOB.log", "false").stderr
    assert "log is in x.JOB.log (is JOB=1:$nj missing before it?)" in run("x.JOB.log", "false").stderr


def test_log_directory_that_cannot_be_made_is_an_error_that_names_it(run, tmp_path):
    (tmp_path / "exp").write_text("a file")
    done = run("exp/log/x.log", "touch", "ran")
    assert done.returncode == 1
    assert re.search("run.py: .*/exp.*: (Not a directory|File exists)", done.stderr)
    assert not (tmp_path / "ran").exists()


def test_log_that_cannot_be_opened_fails_its_member_alone(run, tmp_path):
    (tmp_path / "x.2.log").mkdir()
    done = run("JOB=1:3", "x.JOB.log", "touch", "ran.JOB")
    assert done.returncode == 1
    assert "member 2: cannot write" in done.stderr and "1 / 3 failed" in done.stderr
    assert sorted(p.name for p in tmp_path.glob("ran.*")) == ["ran.1", "ran.3"]


def test_log_that_cannot_be_written_to_its_end_is_a_failure_even_if_the_command_succeeded(tmp_path):
    # A limit on the size of files stands in for a full disk: the same write fails, with another reason.
    script = 'ulimit -f 1; "$@"'
    done = subprocess.run(["bash", "-c", script, "-", RUN, "x.log", "true", "x" * 3000], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 1
    assert re.search(r"cannot write .*x\.log: File too large", done.stderr)


def test_done_file_that_cannot_be_written_is_a_failure(run):
    done = run("x.log", "bash", "-c", "rm q/x/lock; rmdir q/x; touch q/x")
    assert done.returncode == 1
    assert "done" in done.stderr and "Not a directory" in done.stderr


def most_at_once(events: Path) -> int:
    """The most members that ran at the same time; each wrote + when it began and - when it ended."""
    level = peak = 0
    for event in events.read_text().split():
        level += 1 if event == "+" else -1
        peak = max(peak, level)
    return peak


BUSY = ["bash", "-c", ": JOB; echo + >> events; sleep 0.1; echo - >> events"]


@pytest.mark.parametrize("options", [["--max-jobs-run", "1"], ["--max-jobs-run=1", "--max-jobs-run=9"], ["--num-threads", str(NUM_CPUS)]])
def test_number_of_members_at_once_is_bounded_by_options(run, tmp_path, options):
    assert run(*options, "JOB=1:4", "x.JOB.log", *BUSY).returncode == 0
    assert most_at_once(tmp_path / "events") == 1


def test_number_of_members_at_once_is_bounded_by_gpus(run, tmp_path):
    environment = {**os.environ, "CUDA_VISIBLE_DEVICES": "0,1,2"}
    assert run("--gpu", "2", "JOB=1:4", "x.JOB.log", *BUSY, env=environment).returncode == 0
    assert most_at_once(tmp_path / "events") == 1


# Each of two members ends only when both have begun.
MEET = 'touch here.JOB; until [ -e here.1 ] && [ -e here.2 ]; do sleep 0.02; done; echo "$CUDA_VISIBLE_DEVICES"'


@pytest.mark.skipif(NUM_CPUS < 2, reason="two members run at once on two CPUs")
def test_members_run_at_once_each_with_gpus_of_its_own(run, tmp_path):
    environment = {**os.environ, "CUDA_VISIBLE_DEVICES": "GPU-3a,5,MIG-7b,9"}
    assert run("--gpu", "2", "JOB=1:2", "x.JOB.log", "bash", "-c", MEET, env=environment).returncode == 0
    assert {output_of(tmp_path / f"x.{n}.log") for n in (1, 2)} == {"GPU-3a,5\n", "MIG-7b,9\n"}


def test_job_without_gpu_sees_none_and_one_that_asks_for_too_many_is_refused(run, tmp_path):
    environment = {**os.environ, "CUDA_VISIBLE_DEVICES": "0"}
    assert run("x.log", "bash", "-c", 'echo "<$CUDA_VISIBLE_DEVICES>"', env=environment).returncode == 0
    assert output_of(tmp_path / "x.log") == "<>\n"
    refused = run("--gpu", "2", "x.log", "touch", "ran", env=environment)
    assert refused.returncode == 1
    assert "--gpu 2: this machine shows 1 GPU" in refused.stderr
    assert not (tmp_path / "ran").exists()


def test_num_threads_sets_the_thread_variables_and_only_if_given(run, tmp_path):
    names = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")
    environment = {**os.environ, **dict.fromkeys(names, "5")}
    script = "echo " + " ".join(f"${name}" for name in names)
    run("x.log", "bash", "-c", script, env=environment)
    run("--num-threads", "2", "y.log", "bash", "-c", script, env=environment)
    assert output_of(tmp_path / "x.log") == "5 5 5\n"
    assert output_of(tmp_path / "y.log") == "2 2 2\n"


def test_terminal_shows_a_counter_and_leaves_a_clean_line(run):
    terminal, slave = pty.openpty()
    assert run("JOB=1:2", "x.JOB.log", "true", capture_output=False, stderr=slave).returncode == 0
    os.close(slave)
    shown = os.read(terminal, 10000).decode()
    os.close(terminal)
    assert "run.py: 0 / 2" in shown
    assert shown.endswith("\r\x1b[K")


def test_nothing_outside_the_standard_library_is_imported(tmp_path):
    code = f"""
import runpy, sys
before, sys.argv = set(sys.modules), [{str(RUN)!r}, "x.log", "true"]
try:
    runpy.run_path(sys.argv[0], run_name="__main__")
except SystemExit as end:
    assert end.code == 0
roots = {{name.partition(".")[0] for name in set(sys.modules) - before}}
print(*(roots - sys.stdlib_module_names), *sorted(n for n in sys.modules if n.startswith("cortado.") and "launch" not in n))
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["cortado"]


def test_works_without_path_sh_through_a_link_and_from_anywhere(tmp_path):
    (tmp_path / "utils").symlink_to(RUN.parent)
    (tmp_path / "subprocess.py").write_text("raise SystemExit('shadowed')")
    plain = {"PATH": os.environ["PATH"]}
    assert subprocess.run(["utils/run.py", "x.log", "true"], cwd=tmp_path, env=plain).returncode == 0
