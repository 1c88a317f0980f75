"""egs/vctk/sv from a generated tree of the corpus's layout to RESULTS.md, in a tiny setting."""

import json
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.append(str(ROOT / "tests/local"))
from corpus_trees import make_vctk  # noqa: E402

TINY = shlex.split("""
    --systems sasn --test-speakers 4 --lengths 1 --enrol 2 --draws 2 --seeds 0 --back-ends mean --cohort-utts 2 --num-draws 10
    --nj 1 --score-nj 1 --num-threads 1 --info synthetic=true
    --overrides "training.epochs=1 training.batch_size=6 loss.utterances_per_speaker=3 crops.frames=[40,50] encoder.channels=[8,8,8,8,12]"
""")


def make_recipe(top: Path) -> Path:
    for name in ("steps", "utils", "local", "conf", "path.sh", "cmd.sh"):
        (top / name).symlink_to(ROOT / name)
    recipe = top / "egs/vctk/sv"
    shutil.copytree(ROOT / "egs/vctk/sv", recipe, symlinks=True, ignore=shutil.ignore_patterns("data", "exp", "RESULTS.md"))
    return recipe


def run(recipe: Path, corpus: Path, *options: str) -> subprocess.CompletedProcess:
    return subprocess.run(["bash", recipe / "run.sh", "--corpus", corpus, *TINY, *options], capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def corpus(tmp_path_factory) -> Path:
    return make_vctk(tmp_path_factory.mktemp("corpora"))


@pytest.fixture(scope="module")
def finished(tmp_path_factory, corpus):
    recipe = make_recipe(tmp_path_factory.mktemp("vctk"))
    result = run(recipe, corpus)
    assert result.returncode == 0, result.stdout + result.stderr
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
    result = run(finished, corpus)
    assert (result.returncode, result.stdout) == (0, "")
    assert "all stages are finished and nothing has changed" in result.stderr


def test_a_missing_corpus_is_one_clear_sentence(tmp_path):
    result = run(make_recipe(tmp_path), tmp_path / "nowhere")
    assert result.returncode == 1 and "nowhere': no folder wav48_silence_trimmed or wav48 below it" in result.stderr
    assert "Traceback" not in result.stderr


def test_a_dry_run_shows_every_stage_and_makes_nothing(corpus, tmp_path):
    recipe = make_recipe(tmp_path)
    result = run(recipe, corpus, "--dry-run", "--systems", "ge2e sasn")
    assert result.returncode == 0, result.stderr
    for command in (
        "prepare_speakers.py",
        "make_feats.sh",
        "train_embedding.sh",
        "extract_embeddings.sh",
        "score_trials.sh",
        "length_table.py",
    ):
        assert command in result.stdout
    assert not (recipe / "data").exists() and not (recipe / "exp").exists()
