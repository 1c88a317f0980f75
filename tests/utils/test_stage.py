"""stage.sh: the right stages run, a failing one says so, and a dry run runs nothing at all."""

import signal
import subprocess
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
HEAD = f"""#!/usr/bin/env bash
# A recipe.
set -euo pipefail
cd "$(dirname "$0")"
nj=4            # number of jobs
name="a b"
. "{ROOT}/utils/stage.sh"
. "{ROOT}/utils/parse_options.sh"
"""
THREE = """
if stage 1 "Make data"; then
  echo one
fi
if stage 2 "Make features"; then
  echo two
fi
if stage 3 "Train"; then
  echo three
fi
"""


@pytest.fixture
def recipe(tmp_path):
    folder = tmp_path / "my recipe"
    folder.mkdir()

    def run(body, *arguments):
        (folder / "run.sh").write_text(HEAD + body)
        return subprocess.run(["bash", "my recipe/run.sh", *arguments], cwd=tmp_path, capture_output=True, text=True, check=False)

    return run


def said(result):
    return [line for line in result.stdout.splitlines() if not line.startswith("#")]


@pytest.mark.parametrize(
    "arguments, expected",
    [
        ([], ["one", "two", "three"]),
        (["--stage", "2"], ["two", "three"]),
        (["--stop-stage=2"], ["one", "two"]),
        (["--stage=2", "--stop_stage", "2"], ["two"]),
        (["--stage", "-1", "--stop-stage", "1"], ["one"]),
        (["--stage", "9"], []),
    ],
)
def test_stages_of_the_range_run(recipe, arguments, expected):
    result = recipe(THREE, *arguments)
    assert result.returncode == 0 and said(result) == expected
    assert len([line for line in result.stdout.splitlines() if line.startswith("# 2")]) == len(expected)


def test_heading_has_date_number_and_text(recipe):
    line = recipe(THREE, "--stage", "3").stdout.splitlines()[0]
    time.strptime(line.split(" stage")[0], "# %Y-%m-%d %H:%M:%S")
    assert line.endswith("stage 3: Train")


@pytest.mark.parametrize("value", ["one", "1.5", "", "a[$(touch evil)]", "1 -o 1"])
def test_stage_that_is_no_number_is_refused_and_not_evaluated(recipe, tmp_path, value):
    result = recipe(THREE, "--stage", value)
    assert result.returncode == 1 and f"--stage takes a number, not '{value}'" in result.stderr
    assert said(result) == [] and not list(tmp_path.rglob("evil"))


def test_failing_stage_is_named_with_the_way_on_and_keeps_its_status(recipe):
    result = recipe('if stage 4 "Break"; then\n  (exit 7)\n  echo unreached\nfi\n')
    assert result.returncode == 7 and said(result) == []
    assert "run.sh: stage 4 (Break) failed with status 7 at line 10: ( exit 7 )" in result.stderr
    assert result.stderr.endswith("the same command goes on there: 'my recipe/run.sh' \n")


@pytest.mark.parametrize("given, words", [(("--stage", "3"), "go on with: "), ((), "the same command goes on there: ")])
def test_the_way_on_keeps_the_other_options_and_can_be_pasted(recipe, tmp_path, given, words):
    result = recipe('if stage 4 "Break"; then\n  echo "$nj $name"\n  false\nfi\n', *given, "--nj=7", "--name", "a 'b' c")
    way_on = result.stderr.split(words)[1]
    assert way_on.count("--stage") == len(given) / 2
    again = subprocess.run(["bash", "-c", f"bash {way_on}"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert again.returncode == 1 and said(again) == said(result) == ["7 a 'b' c"]


@pytest.mark.parametrize("arguments", [("--stage", "9"), ("--stage", "3", "--stop-stage", "2")])
def test_a_range_without_a_stage_says_so(recipe, arguments):
    result = recipe(THREE, *arguments)
    assert result.returncode == 0 and "run.sh: nothing was run: there is no stage from" in result.stderr


@pytest.mark.parametrize("arguments", [(), ("--dry-run",)])
def test_a_range_with_a_stage_says_nothing_more(recipe, arguments):
    assert recipe(THREE, *arguments).stderr == ""


@pytest.mark.parametrize("arguments", [("stage", "2"), ("-stage", "2"), ("--nj", "2", "data")])
def test_a_word_that_is_no_option_does_not_run_everything(recipe, arguments):
    result = recipe(THREE, *arguments)
    assert result.returncode == 1 and said(result) == []
    assert "takes options only" in result.stderr or "unknown option -stage; options begin with two dashes" in result.stderr


def test_explicit_exit_and_unset_variables_fail_the_stage_too(recipe):
    assert "stage 4 (X) failed with status 3\n" in recipe('if stage 4 "X"; then\n  exit 3\nfi\n').stderr
    result = recipe('if stage 4 "X"; then\n  echo "$nothing"\nfi\n')
    assert result.returncode == 1 and "stage 4 (X) failed" in result.stderr


def test_failure_between_stages_blames_no_stage(recipe):
    result = recipe('if stage 1 "X"; then\n  echo fine\nfi\nif stage 2 "Y" && false; then :; fi\nif stage 101 "Z"; then :; fi\nexit 5\n')
    assert result.returncode == 5 and "failed" not in result.stderr


def test_termination_keeps_its_status_and_names_the_stage(recipe, tmp_path):
    script = tmp_path / "my recipe" / "run.sh"
    script.write_text(HEAD + 'if stage 6 "Wait"; then\n  echo ready\n  while :; do sleep 0.05; done\nfi\n')
    process = subprocess.Popen(["bash", script], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    while process.stdout.readline().strip() != "ready":
        pass
    process.send_signal(signal.SIGTERM)
    _, errors = process.communicate()
    assert process.returncode in (-signal.SIGTERM, 128 + signal.SIGTERM)
    assert "stage 6 (Wait) failed with status 143" in errors and f"the same command goes on there: '{script}'" in errors


def test_help_lists_options_with_comments_and_stages(recipe):
    result = recipe(THREE, "--help")
    assert result.returncode == 0
    for words in (
        ["--nj", "4", "number of jobs"],
        ["--name", '"a b"'],
        ["--stage", "auto"],
        ["--status"],
        ["--stop-stage"],
        ["--dry-run"],
        ["1", "Make data"],
        ["3", "Train"],
    ):
        assert any(
            line.split() == " ".join(words).split() or line.strip().startswith(" ".join(words[:1])) for line in result.stdout.splitlines()
        )
    assert "number of jobs" in result.stdout and "2  Make features" in result.stdout and "one" not in said(result)


def test_help_shows_titles_without_the_inputs_behind_them(recipe):
    body = """if stage 1 "It's \\"5\\"" data/train "exp/*/final.pt"; then\n  :\nfi\nif stage 2 'Say "x"' 'a b'; then\n  :\nfi\n"""
    lines = recipe(body, "--help").stdout.splitlines()
    assert lines[-2:] == ['    1  It\'s \\"5\\"', '    2  Say "x"']


def test_unknown_option_is_fatal(recipe):
    result = recipe(THREE, "--stages", "1")
    assert result.returncode == 1 and "unknown option --stages" in result.stderr and result.stdout == ""


def dry_run(recipe, tmp_path, body, *arguments):
    folder = tmp_path / "my recipe"
    (folder / "list").write_text("x\ny\n")
    result = recipe(f'if stage 1 "S"; then\n{body}\nfi\n', "--dry-run", *arguments)
    assert result.returncode == 0, result.stderr
    assert {path.name for path in folder.iterdir()} == {"run.sh", "list"}, "something ran"
    return said(result)


@pytest.mark.parametrize(
    "body, printed",
    [
        ("touch made", ["touch made"]),
        ('touch "$name" > made 2>&1', ['touch "a b" > made 2>&1']),
        ("echo hello | tee made | cat > made2", ["echo hello", "tee made", "cat > made2"]),
        ("for i in 1 2; do touch made.$i; done", ["touch made.1", "touch made.2"]),
        ("for ((i = 0; i < 2; i++)); do touch ${i}made; done", ["touch 0made", "touch 1made"]),
        ("if [ -e nothing ]; then touch made; else touch other; fi", ["touch other"]),
        ("if touch made; then touch made2; fi", ["touch made", "touch made2"]),
        ("touch made && touch made2 || touch made3", ["touch made", "touch made2"]),
        ("touch made || exit 1\ntouch made2", ["touch made", "touch made2"]),
        ("[ -e nothing ] || { echo missing; exit 1; }\ntouch made", ["echo missing", "exit 1", "touch made"]),
        ("dir=exp/x\nmkdir -p $dir/${name}", ["mkdir -p exp/x/a b"]),
        ("n=$(touch made; wc -l < list)\ntouch made$n", ["touch made", "wc -l < list", "touch made"]),
        ("LANG=C touch made", ["LANG=C touch made"]),
        ("x=$(touch made) touch made2 $(touch made3)", ["x=$(touch made) touch made2 $(touch made3)"]),
        ("x=1 > made", ["x=1 > made"]),
        ("while read -r x; do touch made.$x; done < list", ["touch made.x", "touch made.y"]),
        ("( touch made; cd / )", ["touch made", "cd /"]),
        ("touch made &\nwait", ["touch made", "wait"]),
        ("make() { touch made; }\nmake it", ["make it"]),
        ("cat <(touch made) > >(tee made2)", ["cat <(touch made) > >(tee made2)"]),
        ("for f in made{1,2}; do [[ $f == made1 ]] && continue; touch $f; done", ["touch made2"]),
        ("echo '$name' \"it's $name\" \\$name $unset", ["echo '$name' \"it's a b\" \\$name $unset"]),
        ("eval 'touch made'", ["eval 'touch made'"]),
        ('case $nj in 4) touch "made$nj" ;; esac', ['touch "made4"']),
    ],
)
def test_dry_run_prints_and_runs_nothing(recipe, tmp_path, body, printed):
    assert dry_run(recipe, tmp_path, body) == printed


def test_dry_run_shows_values_as_text(recipe, tmp_path):
    assert dry_run(recipe, tmp_path, "echo $name", "--name", "$(touch made) $nj") == ["echo $(touch made) $nj"]


def test_dry_run_of_chosen_stages_and_what_is_between_them(recipe, tmp_path):
    body = THREE.replace("echo", "touch").replace("if stage 2", "touch between\nif stage 2")
    result = recipe(body, "--dry-run", "true", "--stage", "2", "--stop-stage", "2")
    assert said(result) == ["touch between", "touch two"] and len(list((tmp_path / "my recipe").iterdir())) == 1


@pytest.mark.parametrize(
    "body", ["for i in 1 2; do echo $i; done > made", "{\n  echo\n} >> made", "(echo) > made", "if true; then echo; fi 2> made"]
)
def test_group_that_writes_a_file_is_refused_by_the_dry_run(recipe, tmp_path, body):
    result = recipe(f'if stage 1 "S"; then\n  {body}\nfi\n', "--dry-run")
    assert result.returncode == 1 and "which --dry-run cannot hold back" in result.stderr
    assert not (tmp_path / "my recipe" / "made").exists()
