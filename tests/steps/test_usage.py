"""Every step says what goes in and out, lists its options in its help, and refuses a wrong call with status 1."""

import re
import subprocess
from pathlib import Path

import pytest

STEPS = sorted((Path(__file__).resolve().parents[2] / "steps").glob("*.sh"))


@pytest.fixture(params=STEPS, ids=lambda path: path.stem)
def path(request) -> Path:
    return request.param


def call(path: Path, *arguments: str) -> subprocess.CompletedProcess:
    return subprocess.run([path, *arguments], capture_output=True, text=True, check=False)


def test_the_header_says_what_goes_in_and_out(path):
    header = path.read_text().split("set -euo pipefail")[0]
    assert re.search("^# In:  ", header, re.MULTILINE) and re.search("^# Out: ", header, re.MULTILINE)


def test_the_help_has_an_example_and_every_option(path):
    shown = call(path, "--help")
    assert shown.returncode == 0 and shown.stdout.startswith(f"Usage: steps/{path.name} [options] <")
    assert f"e.g.: steps/{path.name} " in shown.stdout
    variables = re.findall("^([a-z][a-z0-9_]*)=", path.read_text().split("help_message=")[0], re.MULTILINE)
    assert "cmd" in variables
    options = set(re.findall("--([a-z0-9-]+)", shown.stdout.split("\nOptions: ")[1]))
    assert options == {name.replace("_", "-") for name in variables}


@pytest.mark.parametrize(
    ("arguments", "message"), [((), "Usage: steps/"), (("--no-such-option", "1", "data"), "unknown option --no-such-option")]
)
def test_a_wrong_call_is_refused_with_the_usage(path, arguments, message):
    refused = call(path, *arguments)
    assert refused.returncode == 1 and message in refused.stderr and "e.g.: steps/" in refused.stderr
