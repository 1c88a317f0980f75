"""egs/mini/sv from recordings to RESULTS.md in a tiny setting; killed in features and in training, it ends with the same bytes."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import kaldiio
import numpy as np
import pytest

sys.path.append(str(Path(__file__).parent))
from recipe_copy import copy_recipe, find_nothing_to_do, finish, only_show, run

TINY = (
    *("--train-speakers", "5", "--test-speakers", "3", "--sentences", "4", "--top-n", "5", "--num-draws", "20", "--num-threads", "1"),
    *("--overrides", "training.epochs=6 training.batch_size=4 training.checkpoint_every=2 encoder.channels=[4,4,8]"),
)


def kill_when(recipe: Path, exists: str, *options: str) -> None:
    """Start run.sh and, as soon as a file like `exists` is there, SIGKILL the whole of it at once."""
    command = ["bash", recipe / "run.sh", *TINY, *options]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
    while not list(recipe.glob(exists)):
        assert process.poll() is None, f"run.sh ended before there was {exists}"
        time.sleep(0.005)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    recipe = copy_recipe(tmp_path_factory.mktemp("undisturbed"), "mini/sv")
    return recipe, finish(recipe, *TINY)


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
    recipe = copy_recipe(tmp_path, "mini/sv")
    kill_when(recipe, "data/train/data/*1of2*")
    kill_when(recipe, "exp/resnet/checkpoint.pt")
    assert not (recipe / "exp/resnet/final.pt").exists(), "the kill came too late to test anything"
    result = finish(recipe, *TINY)
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
    finish(recipe, *TINY, "--stage", "2", "--stop-stage", "2")
    assert (recipe / "exp/resnet/final.pt").stat().st_mtime_ns == before


def test_a_second_run_finds_nothing_to_do_whatever_the_number_of_jobs(undisturbed):
    recipe, _ = undisturbed
    find_nothing_to_do(recipe, *TINY, "--nj", "1")
    rows = run(recipe, *TINY, "--status").stdout.splitlines()
    assert [row.split()[0] for row in rows if "  done  " in row] == list("012345")
    assert "utt2spk 32 -> feats.scp 32" in rows[2] and "-> scores 198" in rows[5]  # 8 speakers of 4 utterances; 66 trials, scored in 3 ways


def test_another_number_of_jobs_gives_the_same_features_and_leaves_no_stale_part(undisturbed):
    recipe, _ = undisturbed
    before = read_features(recipe)
    assert list(recipe.glob("data/*/data/*of2*"))
    finish(recipe, *TINY, "--stage", "1", "--stop-stage", "1", "--nj", "1")
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
    shown = only_show(copy_recipe(tmp_path, "mini/sv"), *TINY)  # all stages, though there is nothing yet
    assert "steps/make_feats.sh" in shown and "data/train" in shown and "exp/resnet" in shown


def test_help_lists_options_and_stages(tmp_path):
    result = run(copy_recipe(tmp_path, "mini/sv"), "--help")
    assert result.returncode == 0
    assert "--train-speakers 40" in result.stdout and "  5  RESULTS.md" in result.stdout
