"""RESULTS.md as a whole file from result.json files: rows, seeds, refusals, the same bytes twice."""

import dataclasses
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from cortado.errors import ConfigError, DataError
from cortado.report.det import write_det_points
from cortado.report.results import duration, find_runs, group_rows, render
from cortado.score.metrics import roc_curve
from cortado.score.result import FORMAT, BackEnd, Estimate, Facts, Result, TableVersion, TrialList, Version

COMMAND = Path(__file__).parents[2] / "pyscripts" / "bin" / "make_results.py"


def result(system="resnet", condition="clean", eer=0.03, md5="0" * 32, back_end=None, commit="c" * 40, **facts):
    return Result(
        format=FORMAT,
        system=system,
        condition=condition,
        trials=TrialList(f"data/{condition}/trials", md5, 1000, 9000, 50),
        enrol=TableVersion("e.scp", "1" * 32),
        test=TableVersion("e.scp", "1" * 32),
        back_end=back_end or BackEnd("none"),
        facts=Facts(**facts),
        eer=Estimate(eer, eer - 0.01, eer + 0.02, 0.5),
        min_dcf_001=Estimate(0.5, 0.4, 0.6, None),
        min_dcf_005=Estimate(0.25, 0.2, 0.3, 0.5),
        auc=Estimate(0.99, 0.98, 0.995),
        num_draws=1000,
        version=Version(commit, dirty=False),
        command=f"score_trials.py --system {system}",
    )


def write(folder, **results):
    for name, value in results.items():
        value.write(folder / "exp" / name / "result.json")
    return folder / "exp"


def table_rows(text):
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in text.splitlines() if line.startswith("| ")]


def make_results(*arguments, cwd):
    return subprocess.run([sys.executable, COMMAND, *map(str, arguments)], cwd=cwd, capture_output=True, text=True, check=False)


def test_row_shows_every_figure_with_its_unit(tmp_path):
    exp = write(tmp_path, a=result(eer=0.0312, parameters=1354390, training_seconds=750, back_end=BackEnd("asnorm", 50, 200)))
    text = render(find_runs([exp], tmp_path), "# Title")
    head, row = table_rows(text)[0], table_rows(text)[2]
    assert dict(zip(head, row, strict=True)) == {
        "Condition": "clean",
        "System": "resnet",
        "Back end": "cosine, AS-norm 50",
        "EER %": "3.12",
        "95 % interval": "2.12 to 5.12",
        "EER % by seed": "one run",
        "minDCF(0.01)": "0.5000",
        "minDCF(0.05)": "0.2500",
        "AUC %": "99.00",
        "Parameters": "1,354,390",
        "Training": "12.5 min",
    }


def test_seeds_of_a_system_are_one_row_with_mean_and_each_value(tmp_path):
    exp = write(tmp_path, b=result(eer=0.04, seed=2, training_seconds=20), a=result(eer=0.03, seed=10, training_seconds=40))
    text = render(find_runs([exp], tmp_path), "")
    rows = [row for row in table_rows(text) if "resnet" in row]
    assert len(rows) == 1
    assert rows[0][3:6] == ["3.50", "2.50 to 5.50", "4.00, 3.00"]
    assert rows[0][-1] == "30 s"
    assert "seed 2**: exp/b" in text and "seed 10**: exp/a" in text


def test_trial_lists_commands_commits_and_other_facts_are_below(tmp_path):
    exp = write(tmp_path, a=result(md5="d" * 32, other={"epochs": 9}), b=result(condition="far", commit=None))
    text = render(find_runs([exp], tmp_path), "")
    assert ["clean", "data/clean/trials", "d" * 32, "1,000", "9,000", "50"] in table_rows(text)
    assert f"exp/a; commit {'c' * 12}; embeddings {'1' * 32}; epochs 9\n\n    score_trials.py --system resnet" in text
    assert "exp/b; code not from a git clone" in text


def test_synthetic_speech_has_a_table_of_its_own_under_a_plain_heading(tmp_path):
    exp = write(tmp_path, a=result(system="real"), b=result(system="robot", synthetic=True))
    before, after = render(find_runs([exp], tmp_path), "").split("## Synthetic speech\n\nMade by a speech synthesiser")
    assert "real" in before and "robot" not in before
    assert "robot" in after and "/ real" not in after


def test_uncommitted_changes_are_shown(tmp_path):
    exp = write(tmp_path, a=dataclasses.replace(result(), version=Version("c" * 40, dirty=True)))
    assert "commit cccccccccccc with uncommitted changes" in render(find_runs([exp], tmp_path), "")


def test_two_results_of_one_row_and_seed_are_refused_by_name(tmp_path):
    exp = write(tmp_path, a=result(seed=1), b=result(seed=1))
    with pytest.raises(DataError, match=r"exp/b: the same row as exp/a: clean, resnet, cosine, seed 1"):
        group_rows(find_runs([exp], tmp_path))


def test_one_condition_with_two_trial_lists_is_refused(tmp_path):
    exp = write(tmp_path, a=result(system="x"), b=result(system="y", md5="f" * 32))
    with pytest.raises(DataError, match="exp/b: condition clean was scored on another trial list than in exp/a"):
        group_rows(find_runs([exp], tmp_path))


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("{", r"result.json:1: not valid JSON"),
        ("[1]", "not a result of score_trials.py"),
        ('{"accuracy": 1}', "not a result of score_trials.py"),
        (json.dumps({"format": FORMAT, "system": "x"}), "result.json: missing condition"),
    ],
)
def test_foreign_json_is_an_error_that_names_the_file(tmp_path, content, reason):
    exp = write(tmp_path, a=result())
    (exp / "z").mkdir()
    (exp / "z" / "result.json").write_text(content)
    with pytest.raises((DataError, ConfigError), match=reason):
        find_runs([exp], tmp_path)


@pytest.mark.parametrize(("key", "value", "reason"), [("eer", 0.1, "eer: expected keys"), ("extra", 1, "unknown key 'extra'")])
def test_result_with_a_wrong_or_unknown_key_is_refused(tmp_path, key, value, reason):
    exp = write(tmp_path, a=result())
    values = json.loads((exp / "a" / "result.json").read_text())
    (exp / "a" / "result.json").write_text(json.dumps({**values, key: value}))
    with pytest.raises(ConfigError, match=reason):
        find_runs([exp], tmp_path)


@pytest.mark.parametrize(("seconds", "text"), [(48, "48 s"), (750, "12.5 min"), (11520, "3.2 h")])
def test_duration_reads_as_people_say_it(seconds, text):
    assert duration(seconds) == text


def test_command_writes_the_same_bytes_twice_and_replaces_what_was_there(tmp_path):
    write(tmp_path, a=result(seed=1), b=result(seed=2, eer=0.05), c=result(system="other"))
    for name in "abc":
        scores, is_target = np.array([3.0, 1, 2, 0, -1]), np.array([1, 1, 0, 0, 0], bool)
        write_det_points(roc_curve(scores, is_target), tmp_path / "exp" / name / "det.txt")
    (tmp_path / "header.md").write_text("# Speakers of nowhere\n")
    outputs = []
    for _ in range(2):
        (tmp_path / "RESULTS.md").write_text("an older table\n")
        done = make_results("--header", "header.md", "--det", "det", "exp", "exp/a", cwd=tmp_path)
        assert done.returncode == 0, done.stderr
        outputs.append([(tmp_path / name).read_bytes() for name in ("RESULTS.md", "det/clean.png")])
    assert outputs[0] == outputs[1]
    text = outputs[0][0].decode()
    assert text.startswith("# Speakers of nowhere\n") and "an older table" not in text
    assert len(re.findall(r"^\| clean \| resnet", text, re.MULTILINE)) == 1


def test_command_leaves_the_old_file_when_a_result_is_foreign(tmp_path):
    write(tmp_path, a=result())
    (tmp_path / "exp" / "z").mkdir()
    (tmp_path / "exp" / "z" / "result.json").write_text("{}")
    (tmp_path / "RESULTS.md").write_text("old\n")
    done = make_results("exp", cwd=tmp_path)
    assert done.returncode == 1 and "Traceback" not in done.stderr
    assert "z/result.json: not a result of score_trials.py" in done.stderr
    assert (tmp_path / "RESULTS.md").read_text() == "old\n"


@pytest.mark.parametrize(
    ("arguments", "reason"), [(["nowhere"], "nowhere: no result.json"), (["--header", "none.md", "exp"], "none.md: cannot be")]
)
def test_command_names_a_missing_folder_or_header(tmp_path, arguments, reason):
    write(tmp_path, a=result())
    done = make_results(*arguments, cwd=tmp_path)
    assert done.returncode == 1 and reason in done.stderr


def test_shell_command_runs_from_any_folder(tmp_path):
    write(tmp_path, a=result())
    shell = COMMAND.parents[2] / "utils" / "make_results.sh"
    done = subprocess.run([shell, "exp"], cwd=tmp_path, capture_output=True, text=True, check=False, env=os.environ)
    assert (done.returncode, done.stdout) == (0, "RESULTS.md: made from 1 result.json\n"), done.stderr
