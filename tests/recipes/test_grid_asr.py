"""egs/grid/asr on a small tree in GRID's layout (SYNTHETIC voices), to RESULTS.md."""

import json
import shlex
import sys
from pathlib import Path

sys.path.extend([str(Path(__file__).parent), str(Path(__file__).parents[1] / "local")])
from corpus_trees import make_grid
from recipe_copy import copy_recipe, finish, only_show, run

# Every letter and digit is said in training, whichever sentences are drawn for dev and test.
SENTENCES = tuple(
    f"{'blps'[n % 4]}{'bgrw'[n // 2 % 4]}{'abiw'[n // 3 % 4]}{'bdgk'[n % 4]}{'123'[n % 3]}{'anps'[n // 5 % 4]}" for n in range(24)
)
TINY = shlex.split("""
    --nj 1 --seeds 0 --models mono --dev-sentences 3 --test-sentences 3 --mono-gauss 150 --leaves 60 --gauss 200 --num-draws 20 --lm-order 3 --info synthetic=true
    --overrides "iterations=13 realign=[1,4,8,12] split_until=8"
""")


def test_all_are_trained_and_the_model_asked_for_has_a_row_with_each_grammar(tmp_path):
    corpus, recipe = make_grid(tmp_path, sentences=SENTENCES), copy_recipe(tmp_path, "grid/asr")
    finish(recipe, "--corpus", corpus, *TINY)
    text = (recipe / "RESULTS.md").read_text()
    for grammar in ("grammar", "ngram"):
        assert f"| test, {grammar} | mono |" in text
        result = json.loads((recipe / f"exp/seed0/mono/decode_test_{grammar}/result.json").read_text())
        assert result["errors"]["missing_sentences"] == 0 and result["chosen_on"].endswith(f"decode_dev_{grammar}")
    assert "| train, words | mono |" in text and (recipe / "exp/seed0/tri3/final.mdl").exists()
    assert "recorded speech" not in text


def test_a_dry_run_shows_every_stage_and_a_missing_corpus_is_named(tmp_path):
    recipe = copy_recipe(tmp_path, "grid/asr")
    shown = only_show(recipe, "--corpus", "/nowhere")
    assert all(step in shown for step in ("local/grid/prepare_asr.sh", "train_lda_mllt.sh", "decode_fmllr.sh", "make_word_results.sh"))
    result = run(recipe, "--corpus", tmp_path / "nowhere")
    assert result.returncode == 1 and "nowhere" in result.stderr and "Traceback" not in result.stderr
