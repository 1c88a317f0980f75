"""egs/mini/asr from the synthesiser to RESULTS.md, with few voices and few iterations: what it says, and what a second run does."""

import json
import shlex
import sys
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parent))
from recipe_copy import copy_recipe, find_nothing_to_do, finish, only_show

TINY = shlex.split("""
    --nj 1 --models "mono tri3" --train-speakers 4 --dev-speakers 1 --test-speakers 1 --sentences 10 --mono-gauss 150 --leaves 60 --gauss 200 --num-draws 20
    --overrides "iterations=13 realign=[1,4,8,12] split_until=8"
""")
MODELS = ("mono", "tri3")


@pytest.fixture(scope="module")
def recipe(tmp_path_factory) -> Path:
    copy = copy_recipe(tmp_path_factory.mktemp("mini"), "mini/asr")
    finish(copy, *TINY)
    return copy


def test_alignments_find_the_phones_where_the_synthesiser_put_them(recipe):
    for model in MODELS:
        errors = json.loads((recipe / f"exp/{model}/phones/boundaries.json").read_text())["errors"]
        assert errors["num_utterances"] == 40 and errors["median_absolute"] <= 0.02, (model, errors)


def test_commands_are_recognised(recipe):
    for model in MODELS:
        result = json.loads((recipe / f"exp/{model}/decode_test/result.json").read_text())
        assert result["wer"]["value"] < 0.3, (model, result["wer"])  # chance is near 0.9
        assert result["chosen_on"].endswith("decode_dev") and result["facts"]["synthetic"] is True


def test_the_page_says_that_the_speech_is_synthetic_and_has_a_row_for_each_model(recipe):
    text = (recipe / "RESULTS.md").read_text()
    assert "recorded speech" not in text and "No\nperson speaks here" in text
    for model in MODELS:
        assert all(f"| {condition} | {model} |" in text for condition in ("dev", "test", "train, words", "train, phones"))


def test_a_second_run_finds_nothing_to_do(recipe):
    find_nothing_to_do(recipe, *TINY)


def test_a_dry_run_shows_every_stage_and_makes_nothing(tmp_path):
    shown = only_show(copy_recipe(tmp_path, "mini/asr"))
    for step in ("prepare_asr.sh", "compute_cmvn.sh", "prepare_lang.sh", "train_sat.sh", "compare_ctm.sh", "mkgraph.sh", "score.sh"):
        assert step in shown
