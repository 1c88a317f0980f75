"""egs/mini/sid from the singers to RESULTS.md, in a tiny size: what it says, what it keeps apart, and what a second run does."""

import json
import shlex
import sys
from pathlib import Path

import pytest

from cortado.datadir import DataDir

sys.path.append(str(Path(__file__).parent))
from recipe_copy import copy_recipe, find_nothing_to_do, finish, only_show

# One set of clips: each has three controls, whose processes take longer than what they do.
TINY = shlex.split("""
    --nj 1 --singers 3 --recordings 5 --songs 1 --phrases 1 --test-fraction 0.4 --valid-fraction 0.3 --clips motifs --num-draws 20
    --motif-settings "support_in=recording mine_in=corpus min_length=6 first_per_phrase=true"
    --overrides "training.epochs=1 encoder.channels=[4,4,4,4] encoder.hidden_dim=4"
""")


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    recipe = copy_recipe(tmp_path_factory.mktemp("mini"), "mini/sid")
    return recipe, finish(recipe, *TINY).stdout


@pytest.fixture(scope="module")
def recipe(finished) -> Path:
    return finished[0]


def test_the_pitch_is_measured_against_the_exact_one(finished):
    recipe, said = finished
    assert "f0 of 15 recordings: raw pitch accuracy 9" in said
    row = (recipe / "data/recordings/f0_accuracy").read_text().splitlines()[2]
    accuracy, recall, false_alarm = map(float, row.strip("|").split("|")[1:])
    assert accuracy > 90 and recall > 95 and false_alarm < 40 and row in (recipe / "RESULTS.md").read_text()


def test_no_recording_is_trained_and_tested_on_and_motifs_are_of_train(recipe):
    recordings = {part: set(DataDir(recipe / "data/motifs" / part).table("utt2rec").values()) for part in ("train", "valid", "test")}
    assert not recordings["train"] & recordings["test"] and not recordings["valid"] & (recordings["train"] | recordings["test"])
    found, used = (recipe / "exp/dictionary/train/motifs").read_text(), (recipe / "exp/dictionary/test/occurrences").read_text()
    motifs = {line.split()[1] for line in found.splitlines() if not line.startswith("#")}
    assert {line.split()[0] for line in used.splitlines() if not line.startswith("#")} <= motifs


def test_the_network_stands_beside_its_controls_on_one_page_that_says_all_is_synthetic(recipe):
    text = (recipe / "RESULTS.md").read_text()
    assert "No person sings here" in text and "## The same singer?" in text
    for system in ("crnn_mini", "majority", "duration", "mfcc-svm"):
        assert f"| motifs | {system} |" in text
    for folder in ("exp/scores/motifs/crnn_mel128", "exp/scores/motifs/mfcc-svm", "exp/trial_scores/motifs/crnn_mel128"):
        assert json.loads((recipe / folder / "result.json").read_text())["facts"]["synthetic"] is True


def test_a_second_run_finds_nothing_to_do(recipe):
    find_nothing_to_do(recipe, *TINY)


def test_all_of_table_2_is_one_command_that_a_dry_run_shows(tmp_path):
    recipe = copy_recipe(tmp_path, "mini/sid")
    systems = [line.split()[0] for line in (recipe / "conf/systems").read_text().splitlines() if not line.startswith("#")]
    assert len(systems) == 9
    shown = only_show(recipe, "--systems", " ".join(systems))
    for step in (
        "prepare_sid.sh",
        "make_f0.sh",
        "split_recordings.sh",
        "make_contours.sh",
        "find_motifs.sh",
        "make_clips.sh",
        "make_feats.sh",
    ):
        assert step in shown
    for step in ("control_classes.sh", "classify_clips.sh", "score_classes.sh", "extract_embeddings.sh", "make_class_results.sh"):
        assert step in shown
    for trained in (f"exp/{clips}/{system}" for clips in ("motifs", "segments", "random") for system in systems):
        assert f" {trained}\n" in shown.replace('"', ""), trained
