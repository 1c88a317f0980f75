"""egs/librispeech/asr on a small tree of the published layout, with lexicon and language models so named (SYNTHETIC), to RESULTS.md."""

import json
import shlex
import sys
from pathlib import Path

import pytest

sys.path.extend([str(Path(__file__).parent), str(Path(__file__).parents[1] / "local")])
from corpus_trees import make_librispeech
from recipe_copy import copy_recipe, finish, only_show, run

from cortado.lm import write_arpa
from cortado.lm.counts import count_ngrams, read_corpus
from cortado.lm.entropy_pruning import prune
from cortado.lm.kneser_ney import estimate
from cortado.synth import draw_sentences
from cortado.synth.sentences import COMMANDS

READERS = {"train-clean-100": ("103", "1034", "87"), "dev-clean": ("1272",), "test-clean": ("61",)}
MODELS = {"3-gram.pruned.3e-7": (3, 3e-3), "4-gram": (4, 0)}  # order, entropy pruning
TINY = shlex.split("""
    --mono-utts 30 --tri1-utts 40 --tri2b-utts 45
    --mono-gauss 150 --tri1-size "60 200" --tri2b-size "60 200" --tri3b-size "60 200" --tri4b-size "80 300"
    --overrides "iterations=13 realign=[1,4,8] split_until=8" --nj 1 --decode-nj 1 --num-threads 1
    --models tri2b --rescored tri2b --conditions clean --large-lms fglarge --num-draws 20 --min-lm-weight 1 --info synthetic=true
""")


def make_language_models(top: Path) -> Path:
    """The folder of lexicon and language models; these are of other sentences of the same grammar."""
    text = top / "sentences"
    text.write_text("".join(f"{sentence.upper()}\n" for sentence in draw_sentences(400, 1, list(COMMANDS.values()))))
    corpus = read_corpus(text)
    for name, (order, threshold) in MODELS.items():
        model, _ = estimate(count_ngrams(corpus, order), corpus.vocabulary, [0] * order, discount_fallback=True)
        write_arpa(top / f"{name}.arpa.gz", prune(model, threshold) if threshold else model)
    return top


@pytest.fixture(scope="module")
def sources(tmp_path_factory) -> tuple[str | Path, ...]:
    """The options that name corpus and language models."""
    top = tmp_path_factory.mktemp("corpora")
    return ("--corpus", make_librispeech(top, READERS, utterances=8), "--lm", make_language_models(top))


def test_all_are_trained_and_the_model_asked_for_has_rows_with_the_small_and_the_larger_language_model(sources, tmp_path):
    recipe = copy_recipe(tmp_path, "librispeech/asr")
    finish(recipe, *sources, *TINY)
    text = (recipe / "RESULTS.md").read_text()
    for lm in ("tgsmall", "fglarge"):
        assert f"| dev_clean, {lm} | tri2b |" in text and f"| test_clean, {lm} | tri2b |" in text
        result = json.loads((recipe / f"exp/tri2b/decode_{lm}_test_clean/result.json").read_text())
        assert result["chosen_on"].endswith(f"decode_{lm}_dev_clean") and result["errors"]["missing_sentences"] == 0
        assert result["wer"]["value"] < 0.5, result  # chance is near 0.9
    assert "recorded speech" not in text and (recipe / "exp/tri4b/final.mdl").exists()
    sizes = {name: len((recipe / f"data/train_{name}/text").read_text().splitlines()) for name in ("mono", "tri1", "tri2b", "tri4b")}
    assert sizes == {"mono": 30, "tri1": 40, "tri2b": 45, "tri4b": 48}


def test_a_dry_run_shows_every_stage_up_to_960_hours(tmp_path):
    recipe = copy_recipe(tmp_path, "librispeech/asr")
    shown = only_show(recipe, "--train-subsets", "train-clean-100 train-clean-360 train-other-500", "--models", "tri4b tri6b")
    for step in (
        'utils/combine_data.sh "data/train_tri6b"',
        '"data/train_tri6b" data/lang "exp/tri5b" "exp/tri5b_ali"',
        '"7000" "150000" "data/train_tri6b" data/lang "exp/tri5b_ali" "exp/tri6b"',
        '"exp/tri6b/graph_tgsmall" "data/test_other" "exp/tri6b/decode_tgsmall_test_other"',
        'steps/rescore.sh --cmd "run.py" "data/local/lm/tgsmall.arpa.gz" "data/local/lm/tglarge.arpa.gz"',
        '--condition "test_other, fglarge" --like "exp/tri4b/decode_fglarge_dev_other" "data/test_other"',
    ):
        assert step in shown, step


def test_what_the_folder_of_language_models_lacks_is_named(sources, tmp_path):
    result = run(copy_recipe(tmp_path, "librispeech/asr"), *sources, "--conditions", "clean")
    assert result.returncode == 1 and "there is no 3-gram.pruned.1e-7.arpa.gz in it; openslr.org/11 has them" in result.stderr
    assert "Traceback" not in result.stderr
