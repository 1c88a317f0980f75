"""egs/mini/sv from recordings to RESULTS.md in a tiny setting; killed in features and in training, it ends with the same bytes."""

import json
import os
import re
import shutil
import signal
import subprocess
import time
from pathlib import Path

import kaldiio
import numpy as np
import pytest

ROOT = Path(__file__).resolve().parents[2]
TINY = (
    *("--train-speakers", "5", "--test-speakers", "3", "--sentences", "4", "--top-n", "5", "--num-draws", "20", "--num-threads", "1"),
    *("--overrides", "training.epochs=6 training.batch_size=4 training.checkpoint_every=2 encoder.channels=[4,4,8]"),
)


def make_recipe(top: Path) -> Path:
    """A copy of the recipe in a tree of its own, so that a user's data and results are left alone."""
    for name in ("steps", "utils", "local", "path.sh", "cmd.sh"):
        (top / name).symlink_to(ROOT / name)
    recipe = top / "egs/mini/sv"
    shutil.copytree(ROOT / "egs/mini/sv", recipe, symlinks=True, ignore=shutil.ignore_patterns("data", "exp", "RESULTS.md"))
    return recipe


def command(recipe: Path, *options: str) -> list[str]:
    return ["bash", str(recipe / "run.sh"), *TINY, *options]


def run(recipe: Path, *options: str) -> subprocess.CompletedProcess:
    return subprocess.run(command(recipe, *options), capture_output=True, text=True, check=False)


def kill_when(recipe: Path, exists: str, *options: str) -> None:
    """Start run.sh and, as soon as a file like `exists` is there, SIGKILL the whole of it at once."""
    process = subprocess.Popen(command(recipe, *options), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
    while not list(recipe.glob(exists)):
        assert process.poll() is None, f"run.sh ended before there was {exists}"
        time.sleep(0.005)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    recipe = make_recipe(tmp_path_factory.mktemp("undisturbed"))
    result = run(recipe)
    assert result.returncode == 0, result.stdout + result.stderr
    return recipe, result


def test_every_stage_runs_and_the_results_are_labelled_synthetic(undisturbed):
    recipe, result = undisturbed
    assert [line for line in result.stdout.splitlines() if "stage" in line and line.startswith("#")][-1].endswith("stage 5: RESULTS.md")
    text = (recipe / "RESULTS.md").read_text()
    assert "SYNTHETIC" in text and "EER %" in text and "AS-norm 5" in text
    assert str(recipe / "RESULTS.md") in result.stdout and "exp/det" in result.stdout
    assert (recipe / "exp/det/test.png").read_bytes().startswith(b"\x89PNG")
    record = json.loads((recipe / "exp/resnet/scores_mean/result.json").read_text())
    assert record["facts"]["synthetic"] is True


def test_killed_in_features_and_in_training_it_ends_with_the_same_bytes(undisturbed, tmp_path):
    reference, _ = undisturbed
    recipe = make_recipe(tmp_path)
    kill_when(recipe, "data/train/data/*1of2*")
    kill_when(recipe, "exp/resnet/checkpoint.pt")
    assert not (recipe / "exp/resnet/final.pt").exists(), "the kill came too late to test anything"
    result = run(recipe)
    assert result.returncode == 0, result.stdout + result.stderr
    assert "run.sh: continuing at stage 2: it was not finished" in result.stderr
    for name in (
        "data/train/utt2num_frames",
        "data/test/trials",
        "exp/resnet/final.pt",
        *(f"exp/resnet/scores_{n}/scores" for n in ("none", "asnorm")),
    ):
        assert (recipe / name).read_bytes() == (reference / name).read_bytes(), name


def test_a_second_run_trains_nothing_again(undisturbed):
    recipe, _ = undisturbed
    before = (recipe / "exp/resnet/final.pt").stat().st_mtime_ns
    result = run(recipe, "--stage", "2", "--stop-stage", "2")
    assert result.returncode == 0 and (recipe / "exp/resnet/final.pt").stat().st_mtime_ns == before


def test_a_second_run_finds_nothing_to_do_whatever_the_number_of_jobs(undisturbed):
    recipe, _ = undisturbed
    result = run(recipe, "--nj", "1")
    assert (result.returncode, result.stdout) == (0, "")
    assert result.stderr == "run.sh: all stages are finished and nothing has changed; --stage N runs from stage N again\n"
    rows = run(recipe, "--status").stdout.splitlines()
    assert [row.split()[0] for row in rows if "  done  " in row] == list("012345")
    assert "utt2spk 32 -> feats.scp 32" in rows[2] and "-> scores 198" in rows[5]  # 8 speakers of 4 utterances; 66 trials, scored in 3 ways


def test_another_number_of_jobs_gives_the_same_features_and_leaves_no_stale_part(undisturbed):
    recipe, _ = undisturbed
    before = read_features(recipe)
    assert list(recipe.glob("data/*/data/*of2*"))
    result = run(recipe, "--stage", "1", "--stop-stage", "1", "--nj", "1")
    assert result.returncode == 0, result.stdout + result.stderr
    after = read_features(recipe)
    assert before.keys() == after.keys() and len(after) == 32
    assert all(np.array_equal(before[utt], after[utt]) for utt in after)
    assert not [path for path in recipe.glob("data/*/*/*") if re.search(r"\dof2|\.2\.log$", path.name)]
    record = json.loads((recipe / "exp/.stages/1.json").read_text())
    assert not [path for path in record["outputs"] if "of2" in path], "nor is one remembered, whose absence would start the stage again"


def read_features(recipe: Path) -> dict[str, np.ndarray]:
    return {
        utt: matrix for part in ("train", "test") for utt, matrix in kaldiio.load_scp(str(recipe / "data" / part / "feats.scp")).items()
    }


def test_a_dry_run_prints_the_commands_and_makes_nothing(tmp_path):
    recipe = make_recipe(tmp_path)
    result = run(recipe, "--dry-run")  # all stages, though there is nothing yet
    assert result.returncode == 0, result.stderr
    assert "steps/make_feats.sh" in result.stdout and "data/train" in result.stdout and "exp/resnet" in result.stdout
    assert not (recipe / "data").exists() and not (recipe / "exp").exists()


def test_help_lists_options_and_stages(tmp_path):
    result = run(make_recipe(tmp_path), "--help")
    assert result.returncode == 0
    assert "--train-speakers 40" in result.stdout and "  5  RESULTS.md" in result.stdout
