"""egs/voxceleb/sv from a generated tree of the publishers' layout to RESULTS.md, in a tiny setting."""

import json
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.append(str(ROOT / "tests/local"))
from corpus_trees import make_noises, make_voxceleb  # noqa: E402

SMALL_NETWORK = "crops.frames=[66,70] encoder.channels=[8,8,8,8] encoder.blocks=[1,1,1,1] embedding_dim=8"
SMALL_EM = "ubm.num_gauss=2 ubm.diagonal_iterations=2 ubm.full_iterations=2 ubm.min_frames=2 extractor.ivector_dim=3 extractor.iterations=2"
TINY = shlex.split(f"""
    --check-counts false --nj 1 --extract-nj 1 --score-nj 1 --num-threads 1 --gpu 0 --cohort-utts 3 --top-n 3 --lda-dim "" --num-draws 10
    --info synthetic=true --overrides "training.epochs=1 training.batch_size=6 {SMALL_NETWORK}" --ivector-overrides "{SMALL_EM}"
""")


def make_recipe(top: Path) -> Path:
    for name in ("steps", "utils", "local", "conf", "path.sh", "cmd.sh"):
        (top / name).symlink_to(ROOT / name)
    recipe = top / "egs/voxceleb/sv"
    shutil.copytree(ROOT / "egs/voxceleb/sv", recipe, symlinks=True, ignore=shutil.ignore_patterns("data", "exp", "RESULTS.md"))
    return recipe


def run(recipe: Path, tree: Path, *options: str) -> subprocess.CompletedProcess:
    corpora = ("--vox1", tree / "Vox Celeb1", "--vox2", tree / "VoxCeleb2", "--musan", tree / "musan", "--rirs", tree / "RIRS_NOISES")
    return subprocess.run(["bash", recipe / "run.sh", *corpora, *TINY, *options], capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def tree(tmp_path_factory) -> Path:
    return make_noises(make_voxceleb(tmp_path_factory.mktemp("corpora")))


@pytest.fixture(scope="module")
def on_vox2(tmp_path_factory, tree):
    """A network on augmented waveforms, i-vectors and cross attentive pooling, trained on Vox2, tested on all of Vox1."""
    recipe = make_recipe(tmp_path_factory.mktemp("vox2"))
    options = ("--train", "vox2", "--lists", "E-cleaned", "--systems", "fast_tap_softmax", "--waves", "true")
    options += ("--ivector", "true", "--cross-attentive", "fast", "--back-ends", "asnorm")
    result = run(recipe, tree, *options)
    assert result.returncode == 0, result.stdout + result.stderr
    return recipe, options


def test_every_system_has_its_row(on_vox2):
    recipe, _ = on_vox2
    results = [json.loads(path.read_text()) for path in recipe.glob("exp/*/*/result.json")]
    assert sorted(result["system"] for result in results) == ["fast_cap (vox2)", "fast_tap_softmax (vox2)", "ivector (vox2)"]
    for result in results:  # all pairs of each third of 40 recordings
        assert result["condition"] == "Vox1-E-cleaned" and result["facts"]["synthetic"] is True
        assert result["trials"]["num_targets"] + result["trials"]["num_nontargets"] == 14 * 13 // 2
    text = (recipe / "RESULTS.md").read_text()
    assert "| Vox1-E-cleaned | ivector (vox2) | PLDA |" in text and "## Synthetic speech" in text and "## Recorded speech" not in text


def test_training_on_waveforms_augments_them_and_stores_no_features_of_the_training_speakers(on_vox2):
    recipe, _ = on_vox2
    config = (recipe / "exp/fast_tap_softmax_vox2_seed0/config.yaml").read_text()
    assert "WaveCrops" in config and "data/noises/rir.scp" in config
    assert not (recipe / "data/fbank64/vox2").exists() and (recipe / "data/fbank64/vox2_cohort/feats.scp").exists()


def test_a_second_run_finds_nothing_to_do(on_vox2, tree):
    recipe, options = on_vox2
    result = run(recipe, tree, *options)
    assert (result.returncode, result.stdout) == (0, "")
    assert "all stages are finished and nothing has changed" in result.stderr


def test_lists_with_training_speakers_are_refused_in_one_sentence(on_vox2, tree, tmp_path):
    recipe = make_recipe(tmp_path)
    result = run(recipe, tree, "--train", "vox1", "--lists", "O-cleaned E-cleaned", "--systems", "fast_tap_softmax")
    assert result.returncode == 1 and "id10001 is a training speaker in data/vox1" in result.stderr
    assert "Traceback" not in result.stderr and not (recipe / "exp/fast_tap_softmax_vox1_seed0").exists()


def test_a_dry_run_shows_every_stage_and_makes_nothing(tree, tmp_path):
    recipe = make_recipe(tmp_path)
    result = run(recipe, tree, "--dry-run", "--ivector", "true", "--cross-attentive", "fast thin")
    assert result.returncode == 0, result.stderr
    for step in (
        "prepare_train.py",
        "make_feats.sh",
        "train_embedding.sh",
        "train_ivector.sh",
        "score_cross_attentive.sh",
        "make_results.sh",
    ):
        assert step in result.stdout
    assert not (recipe / "data").exists() and not (recipe / "exp").exists()
