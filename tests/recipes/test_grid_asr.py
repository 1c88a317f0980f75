"""egs/grid/asr on a small tree in GRID's layout (SYNTHETIC voices), to RESULTS.md."""

import json
import shlex
import sys
from pathlib import Path

import pytest

sys.path.extend([str(Path(__file__).parent), str(Path(__file__).parents[1] / "local")])
from corpus_trees import make_grid
from recipe_copy import copy_recipe, finish, only_show, run

from cortado.decode.lattice import Path as BestPath
from cortado.decode.lattice_file import read_lattice_folder

# Every letter and digit is said in training, whichever sentences are drawn for dev and test.
SENTENCES = tuple(
    f"{'blps'[n % 4]}{'bgrw'[n // 2 % 4]}{'abiw'[n // 3 % 4]}{'bdgk'[n % 4]}{'123'[n % 3]}{'anps'[n // 5 % 4]}" for n in range(24)
)
TINY = shlex.split("""
    --nj 1 --seeds 0 --models mono --dev-sentences 3 --test-sentences 3 --mono-gauss 150 --leaves 60 --gauss 200 --num-draws 20 --lm-order 3 --info synthetic=true
    --overrides "iterations=13 realign=[1,4,8,12] split_until=8"
""")


ACOUSTIC_SCALE = 1 / 12  # steps/decode.sh decodes with it


@pytest.fixture(scope="module")
def recipe(tmp_path_factory) -> Path:
    top = tmp_path_factory.mktemp("grid")
    corpus, copy = make_grid(top, sentences=SENTENCES), copy_recipe(top, "grid/asr")
    finish(copy, "--corpus", corpus, *TINY)
    return copy


def test_all_are_trained_and_the_model_asked_for_has_a_row_for_each_way_of_decoding(recipe):
    text = (recipe / "RESULTS.md").read_text()
    for condition in ("grammar", "3-gram", "2-gram", "2-gram rescored by 3-gram", "3-gram, minimum Bayes risk"):
        assert f"| test, {condition} | mono |" in text
    for name in ("decode_{}_grammar", "decode_{}_ngram", "decode_{}_small", "rescore_{}", "mbr_{}"):
        result = json.loads((recipe / "exp/seed0/mono" / name.format("test") / "result.json").read_text())
        assert result["errors"]["missing_sentences"] == 0 and result["chosen_on"].endswith(name.format("dev"))
        assert ("--mbr true" in result["command"]) == name.startswith("mbr")
    assert "| train, words | mono |" in text and (recipe / "exp/seed0/tri3/final.mdl").exists()
    assert "recorded speech" not in text


def best_paths(folder: Path) -> dict[str, BestPath]:
    return {utt: lattice.best_path(ACOUSTIC_SCALE) for utt, lattice in read_lattice_folder(folder)}


def test_a_rescored_path_costs_what_the_larger_model_alone_makes_it_cost(recipe):
    exp, num_same = recipe / "exp/seed0/mono", 0
    direct = best_paths(exp / "decode_dev_ngram") | best_paths(exp / "decode_test_ngram")
    rescored = best_paths(exp / "rescore_dev") | best_paths(exp / "rescore_test")
    assert len(direct) == 6 and direct.keys() == rescored.keys()
    for utt, path in rescored.items():
        if path.words == direct[utt].words:
            num_same += 1
            costs = [found.graph_cost + ACOUSTIC_SCALE * found.acoustic_cost for found in (path, direct[utt])]
            assert costs[0] == pytest.approx(costs[1], abs=0.02), utt
    assert num_same >= 4


def test_a_dry_run_shows_every_stage_and_a_missing_corpus_is_named(tmp_path):
    recipe = copy_recipe(tmp_path, "grid/asr")
    shown = only_show(recipe, "--corpus", "/nowhere")
    assert all(
        step in shown
        for step in ("local/grid/prepare_asr.sh", "train_lda_mllt.sh", "decode_fmllr.sh", "rescore.sh", "make_word_results.sh")
    )
    result = run(recipe, "--corpus", tmp_path / "nowhere")
    assert result.returncode == 1 and "nowhere" in result.stderr and "Traceback" not in result.stderr
