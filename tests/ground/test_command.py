"""What all commands share: options as Kaldi's users type them, a job's share, one-line errors with their status, progress in a log."""

import subprocess
import sys

import pytest

from cortado import command
from cortado.errors import ConfigError

PROGRAM = '''"""Do nothing much.

    toy.py --out-dir exp in
"""
import os, signal, sys
from cortado.command import make_parser, progress, run
from cortado.errors import CortadoError

def main():
    parser = make_parser(__doc__)
    parser.add_argument("--utt-prefix", default="")
    parser.add_argument("--num", type=float, default=0)
    parser.add_argument("--same-sex", action="store_true")
    parser.add_argument("--set", action="append", default=[])
    parser.add_argument("rest", nargs="*")
    args = parser.parse_args()
    if args.rest == ["bad"]:
        raise CortadoError("data/train/text:3: key a is given twice")
    if args.rest == ["bug"]:
        raise RuntimeError("a bug of ours")
    if args.rest == ["interrupted"]:
        os.kill(os.getpid(), signal.SIGINT)
    if args.rest == ["status"]:
        return 7
    if args.rest == ["long"]:
        for number in range(100_000):
            print(number)
    if args.rest == ["slow"]:
        for _ in progress(range(3), 3, "utterances", every=0):
            pass
    print(vars(args))

run(main)
'''


@pytest.fixture
def toy(tmp_path):
    (tmp_path / "toy.py").write_text(PROGRAM)

    def toy(*arguments, **options):
        return subprocess.run([sys.executable, tmp_path / "toy.py", *arguments], capture_output=True, text=True, check=False, **options)

    return toy


def parse(*arguments):
    parser = command.make_parser("doc")
    parser.add_argument("--utt-prefix", default="")
    parser.add_argument("--num", type=float, default=0)
    parser.add_argument("--same-sex", action="store_true")
    parser.add_argument("--set", action="append", default=[])
    parser.add_argument("rest", nargs="*")
    return vars(parser.parse_args(arguments))


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["--utt-prefix", "a"], {"utt_prefix": "a"}),
        (["--utt_prefix", "a"], {"utt_prefix": "a"}),
        (["--utt_prefix=a_b"], {"utt_prefix": "a_b"}),
        (["--same_sex", "a_b"], {"same_sex": True, "rest": ["a_b"]}),
        (["--utt-prefix", "-a"], {"utt_prefix": "-a"}),
        (["--utt-prefix", "--a=b"], {"utt_prefix": "--a=b"}),
        (["--utt_prefix", "-a", "-b"], None),
        (["--num", "-1e3", "in"], {"num": -1000.0, "rest": ["in"]}),
        (["--set", "-a", "--set", "b"], {"set": ["-a", "b"]}),
        (["--utt-prefix", "--same-sex"], None),
        (["--utt-prefix", "--same_sex"], None),
        (["--same-sex", "-a"], None),
        (["--utt", "a"], None),
        (["--", "--utt_prefix", "-a"], {"rest": ["--utt_prefix", "-a"]}),
    ],
)
def test_options_are_taken_as_kaldis_users_type_them(arguments, expected, capsys):
    if expected is None:
        with pytest.raises(SystemExit) as stop:
            parse(*arguments)
        assert stop.value.code == 1
        error = capsys.readouterr().err
        assert error.count("\n") == 1 and "--help)" in error
    else:
        assert parse(*arguments) == {"utt_prefix": "", "num": 0, "same_sex": False, "set": [], "rest": [], **expected}


def test_a_wrong_call_is_one_line_with_the_commands_name_and_status_1(toy):
    refused = toy("--utt-prfix", "a")
    assert refused.returncode == 1
    assert refused.stderr == "toy.py: unrecognized arguments: --utt-prfix (see toy.py --help)\n"


def test_the_help_is_the_docstring_with_its_lines(toy):
    shown = toy("--help")
    assert shown.returncode == 0
    assert "    toy.py --out-dir exp in\n" in shown.stdout


def test_a_users_error_is_one_line_and_status_1(toy):
    failed = toy("bad")
    assert (failed.returncode, failed.stderr) == (1, "toy.py: data/train/text:3: key a is given twice\n")


def test_a_bug_keeps_its_traceback(toy):
    failed = toy("bug")
    assert failed.returncode == 1 and "Traceback" in failed.stderr


def test_the_status_of_main_is_that_of_the_command(toy):
    assert toy("status").returncode == 7
    interrupted = toy("interrupted")
    assert (interrupted.returncode, interrupted.stderr) == (130, "toy.py: interrupted\n")


def test_a_reader_that_has_seen_enough_is_no_error(toy, tmp_path):
    line = f"set -o pipefail; {sys.executable} {tmp_path}/toy.py long | head -1"
    piped = subprocess.run(["bash", "-c", line], capture_output=True, text=True, check=False)
    assert (piped.returncode, piped.stdout, piped.stderr) == (0, "0\n", "")


def test_progress_says_in_a_log_how_far_the_work_is(toy):
    lines = toy("slow").stderr.splitlines()
    assert [line.split(", about")[0] for line in lines] == ["1 of 3 utterances", "2 of 3 utterances"]


def share(items, *arguments):
    parser = command.make_parser("doc")
    command.add_job_options(parser)
    return command.share_of(items, parser.parse_args(arguments))


@pytest.mark.parametrize("num_jobs", [1, 2, 3, 7, 20])
def test_jobs_deal_out_all_the_work_and_no_item_twice(num_jobs):
    shares = [share(range(10), "--job", f"{job}", "--num-jobs", f"{num_jobs}") for job in range(1, num_jobs + 1)]
    assert sorted(item for mine in shares for item in mine) == list(range(10))
    assert max(map(len, shares)) - min(map(len, shares)) <= 1
    assert share(["a", "b"]) == ["a", "b"], "one job by default"


@pytest.mark.parametrize("job", ["0", "-1", "4"])
def test_a_job_that_there_is_not_is_refused(job):
    with pytest.raises(ConfigError, match=f"--job {job} is not between 1 and --num-jobs 3"):
        share(range(10), "--job", job, "--num-jobs", "3")


def test_the_command_line_is_a_line_that_the_shell_reads_back(monkeypatch):
    monkeypatch.setattr(sys, "argv", ["/a folder/toy.py", "--info", "a b", "it's", "--merge"])
    assert command.command_line("--merge") == """toy.py --info 'a b' 'it'"'"'s'"""
    assert command.command_line().endswith(" --merge")
