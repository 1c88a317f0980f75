"""egs/mini/vsr from the synthesiser to RESULTS.md, in a tiny size: what it says, and what a second run does."""

import json
import shlex
import sys
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parent))
from recipe_copy import copy_recipe, find_nothing_to_do, finish, only_show

# Eleven sentences of two speakers are the fewest that have all words of the grammar.
TINY = shlex.split("""
    --nj 1 --train-speakers 2 --dev-speakers 1 --test-speakers 1 --sentences 11 --mono-gauss 60 --leaves 30 --gauss 60 --num-draws 20
    --hmm-overrides "iterations=5 realign=[1,3] split_until=4"
    --overrides "visual.width=4 visual.blocks=[1,1] encoder.dim=16 encoder.feedforward_dim=16 training.epochs=1"
""")
SYSTEMS = {"hybrid, grammar": "exp/hybrid/decode_test", "ctc, grammar": "exp/ctc/grammar_test", "ctc, greedy": "exp/ctc/greedy_test"}


@pytest.fixture(scope="module")
def recipe(tmp_path_factory) -> Path:
    copy = copy_recipe(tmp_path_factory.mktemp("mini"), "mini/vsr")
    finish(copy, *TINY)
    return copy


def test_every_system_is_scored_once_on_test_with_the_weights_of_dev(recipe):
    for system, folder in SYSTEMS.items():
        result = json.loads((recipe / folder / "result.json").read_text())
        assert result["chosen_on"].endswith("_dev") and result["facts"]["synthetic"] is True, system
        assert 0 <= result["wer"]["value"] <= 1.5, system


def test_the_page_says_that_all_is_synthetic_and_has_a_row_for_each_system(recipe):
    text = (recipe / "RESULTS.md").read_text()
    assert "recorded speech" not in text and "No person speaks or is seen here" in text
    for system in SYSTEMS:
        assert all(f"| {condition} | {system} |" in text for condition in ("dev", "test"))


def test_a_second_run_finds_nothing_to_do(recipe):
    find_nothing_to_do(recipe, *TINY)


def test_a_dry_run_shows_every_stage_and_makes_nothing(tmp_path):
    shown = only_show(copy_recipe(tmp_path, "mini/vsr"))
    for step in ("prepare_vsr.sh", "make_lips.sh", "prepare_lang.sh", "train_deltas.sh", "make_state_targets.sh", "train_lips.sh"):
        assert step in shown
    for step in ("compute_posteriors.sh", "decode.sh", "make_tokens.sh", "decode_ctc.sh", "score.sh", "make_word_results.sh"):
        assert step in shown
