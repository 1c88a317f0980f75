"""egs/vctk/sv from a generated tree of the corpus's layout to RESULTS.md, in a tiny setting."""

import json
import shlex
import sys
from pathlib import Path

import pytest

sys.path.extend([str(Path(__file__).parent), str(Path(__file__).parents[1] / "local")])
from corpus_trees import make_vctk
from recipe_copy import copy_recipe, find_nothing_to_do, finish, only_show, run

TINY = shlex.split("""
    --systems sasn --test-speakers 4 --lengths 1 --enrol 2 --draws 2 --seeds 0 --back-ends mean --cohort-utts 2 --num-draws 10
    --nj 1 --score-nj 1 --num-threads 1 --info synthetic=true
    --overrides "training.epochs=1 training.batch_size=6 loss.utterances_per_speaker=3 crops.frames=[40,50] encoder.channels=[8,8,8,8,12]"
""")


def options(corpus: Path) -> tuple[str | Path, ...]:
    return ("--corpus", corpus, *TINY)


@pytest.fixture(scope="module")
def corpus(tmp_path_factory) -> Path:
    return make_vctk(tmp_path_factory.mktemp("corpora"))


@pytest.fixture(scope="module")
def finished(tmp_path_factory, corpus):
    recipe = copy_recipe(tmp_path_factory.mktemp("vctk"), "vctk/sv")
    finish(recipe, *options(corpus))
    return recipe


def test_each_length_and_list_has_its_row(finished):
    results = [json.loads(path.read_text()) for path in finished.glob("exp/*/*/result.json")]
    rows = sorted((result["system"], result["condition"]) for result in results)
    assert rows == [("sasn", f"{name} test_{t}") for name in ("trials", "trials_same_sex") for t in ("1s", "full")]
    text = (finished / "RESULTS.md").read_text()
    assert "## Synthetic speech" in text and "| Trials | System | Back end | 1s | full |" in text


def test_every_length_has_the_same_trials_of_models_against_other_utterances(finished):
    results = [json.loads(path.read_text()) for path in finished.glob("exp/*/*/result.json")]
    assert len({result["trials"]["md5"] for result in results if result["condition"].startswith("trials test")}) == 1
    scores = (finished / "exp/sasn_seed0/scores_test_1s_trials_mean/scores").read_text().split()
    assert set(scores[0::3]) == {line.split()[0] for line in (finished / "data/trials/models").read_text().splitlines()}
    assert set(scores[1::3]) == {line.split()[0] for line in (finished / "data/test_1s/segments").read_text().splitlines()}


def test_a_second_run_finds_nothing_to_do(finished, corpus):
    find_nothing_to_do(finished, *options(corpus))


def test_a_missing_corpus_is_one_clear_sentence(tmp_path):
    result = run(copy_recipe(tmp_path, "vctk/sv"), *options(tmp_path / "nowhere"))
    assert result.returncode == 1 and "nowhere': no folder wav48_silence_trimmed or wav48 below it" in result.stderr
    assert "Traceback" not in result.stderr


def test_a_dry_run_shows_every_stage_and_makes_nothing(corpus, tmp_path):
    shown = only_show(copy_recipe(tmp_path, "vctk/sv"), *options(corpus), "--systems", "ge2e sasn")
    for command in (
        "prepare_speakers.py",
        "make_feats.sh",
        "train_embedding.sh",
        "extract_embeddings.sh",
        "score_trials.sh",
        "length_table.py",
    ):
        assert command in shown
