"""utils/make_env.py: nothing half made is trusted, nothing whole is made again, and what is missing is said in a sentence."""

import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest


def test_both_lists_are_installed_once_and_then_nothing_is_done(tree):
    status, output = tree.make_env("--tests")
    assert status == 0 and "ready" in output
    assert tree.pip_calls() == ["requirements.txt", "requirements-test.txt"]
    assert tree.make_env("--tests", STUB_PIP="exit 1") == (0, "")
    assert tree.make_env(STUB_PIP="exit 1") == (0, "")
    assert len(tree.pip_calls()) == 2


def test_packages_of_the_tests_are_added_to_what_is_there(tree):
    tree.make_env()
    (tree.root / ".venv/kept").touch()
    assert tree.make_env("--tests")[0] == 0
    assert tree.pip_calls() == ["requirements.txt", "requirements-test.txt"]
    assert (tree.root / ".venv/kept").exists()


@pytest.mark.parametrize("changed", ["requirements.txt", "requirements-test.txt"])
def test_a_changed_list_makes_the_environment_anew(tree, changed):
    tree.make_env("--tests")
    (tree.root / ".venv/old").touch()
    tree.write(f"conf/{changed}", "alpha==2.0\n")
    status, output = tree.make_env("--tests")
    assert status == 0 and "making it anew" in output
    assert not (tree.root / ".venv/old").exists()
    assert len(tree.pip_calls()) == 4


@pytest.mark.parametrize("options, killed_in", [((), "requirements.txt"), (("--tests",), "requirements-test.txt")])
def test_what_a_killed_set_up_left_is_not_trusted(tree, wait_for, options, killed_in):
    half = tree.root / ".venv/half"
    process = tree.start(*options, STUB_PIP=f'[[ "$*" != */{killed_in} ]] || {{ touch "{half}"; sleep 60; }}')
    wait_for(half, process)
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    status, output = tree.make_env(*options)
    assert status == 0 and "making it anew" in output
    assert not half.exists()
    assert tree.make_env(*options) == (0, "")


def test_of_two_set_ups_at_once_one_waits_and_both_end_well(tree, wait_for, tmp_path):
    started, go = tmp_path / "started", tmp_path / "go"
    slow = f'touch "{started}"; while [ ! -e "{go}" ]; do sleep 0.01; done'
    first = tree.start(STUB_PIP=slow)
    wait_for(started, first)
    second = tree.start()
    assert "waiting" in second.stdout.readline()
    go.touch()
    for process in (first, second):
        assert "ready" in process.communicate()[0]
        assert process.returncode == 0
    assert tree.pip_calls() == ["requirements.txt"]


def test_a_failing_pip_leaves_nothing_that_is_trusted(tree):
    status, output = tree.make_env(STUB_PIP="echo no such package >&2; exit 1")
    assert status == 1
    assert output.splitlines()[-1].startswith("make_env.py: pip could not install conf/requirements.txt, see above")
    assert tree.make_env()[0] == 0
    assert tree.pip_calls() == ["requirements.txt"] * 2


def test_packages_elsewhere_do_not_count(tree):
    seen = '[ "$PIP_USER" = 0 ] && [[ "$*" == "-I -m pip "* ]]'
    assert tree.make_env(PIP_USER="1", STUB_PIP=seen)[0] == 0


@pytest.mark.parametrize(
    "sabotage, sentence",
    [
        (
            "sys.version_info, sys.version = (3, 9, 18), '3.9.18 (main)'",
            "python3 is 3.9.18; the pinned packages exist for Python 3.10 to 3.13",
        ),
        (
            "sys.version_info, sys.version = (3, 99, 0), '3.99.0 (main)'",
            "python3 is 3.99.0; the pinned packages exist for Python 3.10 to 3.13",
        ),
        ("sys.modules['ensurepip'] = None", "this Python cannot make virtual environments"),
        ("import shutil; shutil.disk_usage = lambda path: shutil._ntuple_diskusage(9, 9, 1e9)", "has 1.0 GB free; set-up needs 3 GB"),
    ],
)
def test_what_is_missing_is_said_in_one_sentence(tree, sabotage, sentence):
    status, output = tree.make_env(SABOTAGE=sabotage)
    assert status == 1
    assert len(output.splitlines()) == 1 and sentence in output
    assert not (tree.root / ".venv").exists()


def test_an_environment_that_is_anothers_is_not_touched(tree, tmp_path):
    assert tree.make_env()[0] == 0
    theirs = (tree.root / ".venv").rename(tmp_path / "theirs")
    (tree.root / ".venv").symlink_to(theirs)
    assert tree.make_env()[0] == 0  # it has what is needed
    before = sorted(theirs.iterdir())
    with (tree.root / "conf/requirements.txt").open("a") as out:
        out.write("another==1.0\n")
    status, output = tree.make_env()
    assert status == 1 and f".venv is a link to {theirs}" in output and len(output.splitlines()) == 1
    assert sorted(theirs.iterdir()) == before


def test_a_repository_that_cannot_be_written_is_named(tree):
    with tempfile.TemporaryDirectory() as folder:  # tmp_path is open to its owner alone
        root = Path(folder) / "house"
        shutil.copytree(tree.root, root)
        root.chmod(0o555)
        Path(folder).chmod(0o755)
        user = pwd.getpwnam("nobody").pw_uid if os.geteuid() == 0 else None  # root may write everywhere
        python = "/usr/bin/python3" if user and os.access("/usr/bin/python3", os.X_OK) else sys._base_executable
        run = subprocess.run([python, root / "utils/make_env.py"], user=user, cwd="/", text=True, capture_output=True)
        assert run.returncode == 1
        assert run.stderr == f"make_env.py: {root} is not writable, so .venv cannot be made there\n"
        root.chmod(0o755)


def test_a_full_disk_ends_in_a_sentence(tree):
    full = "import shutil\ndef full(*a): raise OSError(28, 'No space left on device')\nshutil.copyfile = full"
    status, output = tree.make_env(SABOTAGE=full)
    assert status == 1 and "Traceback" not in output
    assert "No space left on device" in output.splitlines()[-1]
    assert tree.make_env()[0] == 0
