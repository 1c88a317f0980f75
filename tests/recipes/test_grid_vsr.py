"""egs/grid/vsr on a small tree in GRID's layout (SYNTHETIC voices and pictures), to RESULTS.md: a CTC network, and what guessing comes to.

Hybrid networks go the way of egs/mini/vsr, which test_mini_vsr.py runs; here a dry run shows them.
"""

import json
import shlex
import sys
from pathlib import Path

import pytest

sys.path.extend([str(Path(__file__).parent), str(Path(__file__).parents[1] / "local")])
from corpus_trees import make_grid
from recipe_copy import copy_recipe, finish, only_show, run
from test_grid_asr import SENTENCES

ROOT = Path(__file__).resolve().parents[2]
TINY = shlex.split(f"""
    --nj 1 --seeds 0 --systems ctc --lips-config {shlex.quote(str(ROOT / "conf/lips_center.yaml"))} --dev-sentences 3 --test-sentences 3 --num-draws 20
    --info synthetic=true --overrides "visual.width=4 visual.blocks=[1,1] encoder.dim=16 encoder.num_heads=2 encoder.feedforward_dim=16 training.epochs=1 training.average=1"
""")


@pytest.fixture(scope="module")
def recipe(tmp_path_factory) -> Path:
    top = tmp_path_factory.mktemp("grid")
    corpus, copy = make_grid(top, sentences=SENTENCES, suffix=".mp4"), copy_recipe(top, "grid/vsr")
    finish(copy, "--corpus", corpus, *TINY)
    return copy


def test_the_network_and_both_guesses_have_their_rows_and_their_errors_by_slot(recipe):
    page = (recipe / "RESULTS.md").read_text()
    for row in ("test, grammar | ctc", "test, 4-gram | ctc", "test, grammar | majority", "test, grammar | chance"):
        assert f"| {row} |" in page
    assert "| System | command | colour | preposition | letter | digit | adverb |" in page and "recorded speech" not in page
    result = json.loads((recipe / "exp/ctc_seed0/decode_test_grammar/result.json").read_text())
    (row,) = [line.split("|")[2:-1] for line in page.splitlines() if line.startswith("| ctc |")]
    assert sum(map(float, row)) / 600 == pytest.approx(result["wer"]["value"], abs=6e-4)  # of six words a sentence, one in each slot


def test_the_majority_is_that_of_the_training_sentences(recipe):
    words = zip(*(line.split()[1:] for line in (recipe / "data/train/text").read_text().splitlines()), strict=True)
    commonest = [min(set(slot), key=lambda word, slot=slot: (-slot.count(word), word)) for slot in words]
    guesses = (recipe / "exp/majority/decode_test/scoring_kaldi/sclite/hyp.trn").read_text().splitlines()
    assert {line.split(" (")[0] for line in guesses} == {" ".join(commonest)}


def test_a_dry_run_shows_every_kind_of_targets(tmp_path):
    copy = copy_recipe(tmp_path, "grid/vsr")
    shown = only_show(copy, "--corpus", tmp_path, "--seeds", "0")
    for target in ("tied", "mono", "words", "characters"):
        assert f'"exp/targets/{target}/train"' in shown
    assert 'steps/decode.sh --cmd "run.py" --nj "2" --model-dir "exp/tri3"' in shown and '--init "exp/resnet18_seed0/final.pt"' in shown
    refused = run(copy, "--corpus", tmp_path, "--systems", "lipnet")
    assert refused.returncode == 1 and "no system 'lipnet' in conf/systems; there are: stires3d resnet18 " in refused.stderr
