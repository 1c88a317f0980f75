"""parse_options.sh: Kaldi's options, but no value is ever evaluated."""

import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = f"""#!/usr/bin/env bash
set -euo pipefail
nj=4
name=
flag=false
on=true
lm_dir=here
UPPER=1
. "{ROOT}/utils/parse_options.sh"
printf '%s\\0' "$nj" "$name" "$flag" "$on" "$lm_dir" "$@"
"""
DEFAULTS = ["4", "", "false", "true", "here"]


@pytest.fixture
def call(tmp_path):
    (tmp_path / "script.sh").write_text(SCRIPT)
    (tmp_path / "work").mkdir()

    def run(*arguments, head=""):
        command = ["bash", "-c", f"{head} . '{tmp_path}/script.sh'", "script.sh", *map(str, arguments)] if head else None
        command = command or ["bash", tmp_path / "script.sh", *map(str, arguments)]
        result = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path / "work", check=False)
        assert not list((tmp_path / "work").iterdir()), "a value was evaluated"
        return result

    return run


def values(result):
    assert result.returncode == 0, result.stderr
    return result.stdout.split("\0")[:-1]


def test_both_forms_both_spellings_and_positional_arguments(call):
    assert values(call()) == DEFAULTS
    result = call("--nj", 8, "--lm-dir=there", "--flag", "true", "--on=false", "data dir", "--nj", "-x")
    assert values(result) == ["8", "", "true", "false", "there", "data dir", "--nj", "-x"]
    assert values(call("--lm_dir", "a", "--nj=")) == ["", "", "false", "true", "a"]


@pytest.mark.parametrize(
    "value",
    [
        "$(touch x)",
        "`touch x`",
        "a b  c",
        'it\'s "q"',
        "$HOME ${nj}",
        "-1",
        "--nj",
        "--",
        "a=b",
        "*",
        "a\n\nb\n",
        "\\n",
        "x[$(touch x)]",
        "; touch x",
        "",
    ],
)
def test_value_arrives_as_it_was_given(call, value):
    assert values(call("--name", value))[1] == value
    assert values(call(f"--name={value}", "rest")) == ["4", value, *DEFAULTS[2:], "rest"]


def test_plain_flag_means_true_before_another_option_or_the_end(call):
    assert values(call("--flag"))[2] == "true"
    assert values(call("--flag", "--nj", "2"))[:3] == ["2", "", "true"]


@pytest.mark.parametrize(
    "arguments, message",
    [
        (["--njj", "3"], "script.sh: unknown option --njj"),
        (["--njj=3"], "unknown option --njj"),
        (["--nj"], "option --nj needs a value"),
        (["--flag", "yes"], "--flag takes true or false, not 'yes'"),
        (["--flag", ""], "--flag takes true or false, not ''"),
        (["--flag=1"], "--flag takes true or false, not '1'"),
        (["--UPPER", "2"], "unknown option --UPPER"),
        (["--PATH", "/"], "unknown option --PATH"),
        (["--x[$(touch x)]", "2"], "unknown option --x["),
        (["--nj[$(touch x)]=2"], "unknown option --nj["),
        (["--", "a"], "unknown option --"),
        (["-nj", "3"], "unknown option -nj; options begin with two dashes"),
        (["--config", "none.conf"], "cannot read the config file 'none.conf'"),
        (["--config"], "--config needs a file"),
    ],
)
def test_bad_option_ends_the_script_with_a_message(call, arguments, message):
    result = call(*arguments)
    assert result.returncode == 1 and message in result.stderr and result.stdout == ""


def test_help_prints_the_message_or_says_there_is_none(call):
    assert call("--help").stdout == "script.sh has no help text\n"
    result = call("--nj", "2", "--help", head="help_message='Usage: $(touch x) %s';")
    assert result.returncode == 0 and result.stdout == "Usage: $(touch x) %s\n"
    assert "Usage" in call("--bad", "2", head="help_message=Usage;").stderr


def test_config_file_is_read_without_evaluation_and_the_command_line_wins(call, tmp_path):
    config = tmp_path / "a b.conf"
    config.write_text(
        "# comment\n\n  --lm-dir=$(touch x) `touch y` z\nnj=7\n name = 3\n".replace(" name = 3", "name= 'q' # not a comment ")
    )
    assert values(call("--nj", 9, f"--config={config}", "p")) == [
        "9",
        " 'q' # not a comment",
        "false",
        "true",
        "$(touch x) `touch y` z",
        "p",
    ]
    assert values(call("--config", config, "--nj", 9))[0] == "9"
    assert values(call("--name", "--config", "--nj", "2"))[:2] == ["2", "--config"]


@pytest.mark.parametrize(
    "line, message",
    [("njj=2", "unknown option --njj"), ("just words", "line 2: expected name=value"), ("flag=1", "takes true or false, not '1' (")],
)
def test_bad_line_of_a_config_file_is_named(call, tmp_path, line, message):
    (tmp_path / "c").write_text(f"nj=2\n{line}\n")
    result = call("--config", tmp_path / "c")
    assert result.returncode == 1 and message in result.stderr and "line 2" in result.stderr
