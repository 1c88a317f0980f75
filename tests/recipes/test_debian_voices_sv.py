"""egs/debian_voices/sv from generated packages, unpacked, to RESULTS.md, in a tiny setting."""

import json
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parents[1] / "local"))
from test_debian_voices import corpus as corpus_tables
from test_debian_voices import make_corpus

ROOT = Path(__file__).resolve().parents[2]
TINY = shlex.split("""
    --tests klettres-data --back-ends asnorm --seconds 1 --chains 2 --seeds 0 --speeds 1.0 --copies 0 --top-n 3 --num-draws 10 --nj 1 --info synthetic=true
    --overrides "training.epochs=1 training.batch_size=16 crops.frames=[40,50] encoder.channels=[8,8,8,8]"
""")


def make_recipe(top: Path) -> Path:
    for name in ("steps", "utils", "local", "conf", "path.sh", "cmd.sh"):
        (top / name).symlink_to(ROOT / name)
    recipe = top / "egs/debian_voices/sv"
    source = ROOT / "egs/debian_voices/sv"
    shutil.copytree(source, recipe, symlinks=True, ignore=shutil.ignore_patterns("data", "exp", "RESULTS.md"))
    return recipe


def run(recipe: Path, *options) -> subprocess.CompletedProcess:
    return subprocess.run(["bash", recipe / "run.sh", *TINY, *options], capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def corpus(tmp_path_factory) -> Path:
    return make_corpus(tmp_path_factory.mktemp("packages"))


@pytest.fixture(scope="module")
def finished(tmp_path_factory, corpus) -> Path:
    recipe = make_recipe(tmp_path_factory.mktemp("debian_voices"))
    result = run(recipe, "--corpus", corpus)
    assert result.returncode == 0, result.stdout + result.stderr
    return recipe


def test_each_condition_has_its_rows(finished):
    results = [json.loads(path.read_text()) for path in finished.glob("exp/*/*/result.json")]
    rows = sorted((result["system"], result["back_end"]["norm"], result["condition"]) for result in results)
    systems = (("mean_std (control)", "none"), ("noise_floor (control)", "none"), ("resnet", "asnorm"))
    conditions = ("test_klettres-data", "test_klettres-data_channel")
    assert rows == [(*system, condition) for system in systems for condition in conditions]


def test_results_have_the_table_by_package(finished):
    text = (finished / "RESULTS.md").read_text()
    assert "## Synthetic speech" in text and "| Condition | System | Back end | klettres-data | Mean |" in text


def test_trials_are_within_the_package_and_training_has_none_of_its_speakers(finished):
    names = (finished / "data/test_klettres-data/trials").read_text().split()
    tested = {name.rsplit("-chain", 1)[0] for name in names[0::3] + names[1::3]}
    assert len(tested) == 4 and {speaker.split("-")[0] for speaker in tested} == {"klettres"}
    trained = {line.split()[0].removeprefix("sp1.0-") for line in (finished / "data/train_klettres-data_augmented/spk2utt").open()}
    assert "allison-smith" in trained and not trained & tested


def test_a_second_run_finds_nothing_to_do(finished, corpus):
    result = run(finished, "--corpus", corpus)
    assert (result.returncode, result.stdout) == (0, "")
    assert "all stages are finished and nothing has changed" in result.stderr


def test_a_dry_run_shows_every_stage_and_makes_nothing(tmp_path):
    recipe = make_recipe(tmp_path)
    result = subprocess.run(["bash", recipe / "run.sh", "--dry-run"], capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    for package in corpus_tables.read_packages().values():
        assert (f"data/test_{package.name}_channel" in result.stdout) == (package.use == "test")
    for command in ("download_packages.sh", "prepare_speakers.py", "make_trials.sh", "control_embeddings.sh", "package_table.py"):
        assert command in result.stdout
    assert not (recipe / "data").exists() and not (recipe / "exp").exists()
