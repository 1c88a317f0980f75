"""steps/train_lips.sh and compute_posteriors.sh on tiny clips: one model, one matrix for each clip whatever nj, long clips in chunks."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.extend([str(Path(__file__).parents[1] / "train"), str(Path(__file__).parents[1] / "ground")])
from in_process import run_in_process
from lip_data import CONFIG, write_clips

from cortado import ark
from cortado.datadir import DataDir
from cortado.feats.batches import plan_batches
from cortado.hmm.class_priors import read_log_priors, write_log_priors
from cortado.train.lip_clips import LipClips
from cortado.train.lip_model import load_lip_reader
from cortado.train.lip_posteriors import LipReader

TRAIN = ("--train-config", "train.yaml", "--num-threads", "1")
SHARES = np.array([0.7, 0.2, 0.1 - 1e-6, 1e-6], np.float32)
SMOOTHED = "targets: {class: cortado.train.frame_targets.FrameTargets, label_smoothing: 0.2}\n"
LENGTHS = [12, 30, 9, 16, 12, 13, 8, 12]


def step(name: str, recipe: Path, *arguments) -> subprocess.CompletedProcess:
    return subprocess.run([f"steps/{name}.sh", *map(str, arguments)], cwd=recipe, capture_output=True, text=True, check=False)


@pytest.fixture
def recipe(recipe_dir, monkeypatch) -> Path:
    monkeypatch.chdir(recipe_dir)  # paths in scps are relative to it
    write_clips(Path("data/train"), LENGTHS)
    write_clips(Path("data/test"), [9, 45, 30, 12], seed=1)
    Path("train.yaml").write_text(CONFIG)
    return recipe_dir


@pytest.fixture(scope="module")
def trained(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("trained")
    root = Path(__file__).resolve().parents[2]
    for name in ("steps", "utils", "path.sh"):
        (folder / name).symlink_to(root / name)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        write_clips(Path("data/train"), LENGTHS)
        write_clips(Path("data/test"), [9, 45, 30, 12], seed=1)
        write_log_priors("data/train/priors", np.log(SHARES))
    (folder / "train.yaml").write_text(CONFIG + SMOOTHED)
    valid = ("--valid-data", "data/test", "--valid-targets", "data/test")
    result = step("train_lips", folder, *TRAIN, *valid, "data/train", "data/train", "exp/net")
    assert result.returncode == 0, result.stderr + (folder / "exp/net/log/train.log").read_text()
    return folder


def test_training_writes_a_model_its_figures_and_what_it_left_out(trained):
    log, info = (trained / "exp/net/log/train.log").read_text(), json.loads((trained / "exp/net/info.json").read_text())
    assert info["clips"] == 8 and info["frames"] == sum(min(length, 20) for length in LENGTHS) and info["classes"] == 4
    assert "1 of 8 clips are longer than 20 frames, and cut" in log
    last = [json.loads(line) for line in (trained / "exp/net/train.jsonl").read_text().splitlines()][-1]
    assert last["kind"] == "valid" and {"train_loss", "loss", "accuracy"} <= last.keys()
    assert f"loss {last['loss']:.4g} accuracy {last['accuracy']:.4g}" in log
    network, config = load_lip_reader(trained / "exp/net/final.pt")
    assert network.num_classes == 4 and config.max_frames == 20
    np.testing.assert_allclose(np.exp(read_log_priors(trained / "exp/net/priors")), 0.8 * SHARES + 0.05, rtol=1e-5)


def test_priors_of_other_classes_stop_before_training(recipe):
    write_log_priors("data/train/priors", np.log(np.full(5, 0.2)))
    result = step("train_lips", recipe, *TRAIN, "data/train", "data/train", "exp/net")
    assert result.returncode and "data/train/priors: has priors of 5 classes, the targets beside it have 4" in result.stderr
    assert not Path("exp/net/checkpoint.pt").exists()


def test_posteriors_are_the_same_for_any_number_of_jobs_and_long_clips_are_read_in_chunks_with_a_warning(recipe, trained):
    shutil.copytree(trained / "exp", recipe / "exp")
    result = step("compute_posteriors", recipe, "--nj", 2, "--max-frames", 40, "exp/net", "data/test", "exp/net/post")
    assert result.returncode == 0, result.stderr
    found = dict(ark.open_table(f"scp:{recipe}/exp/net/post/post.scp"))
    network, config = load_lip_reader("exp/net/final.pt")
    reader, clips = LipReader(network, config.pixels), LipClips(DataDir("data/test"))
    assert list(found) == clips.utterances
    assert np.array_equal(found["u01"], reader.read_in_chunks(clips, 1, 40))
    for batch in plan_batches({"u00": 9, "u02": 30, "u03": 12}, 40):
        for utterance, matrix in zip(batch, reader.read(clips, [int(name[1:]) for name in batch]), strict=True):
            assert np.array_equal(found[utterance], matrix) and found[utterance].dtype == np.float32
    assert found["u02"].shape == (120, 4)
    np.testing.assert_allclose(np.exp(found["u02"]).sum(1), 1, atol=1e-5)
    logs = "".join(path.read_text() for path in (recipe / "exp/net/post/log").glob("compute.*.log"))
    assert logs.count("utterance u01: 45 frames are more than --max-frames 40, so it is read in 2 chunks") == 1


def test_a_batch_of_no_frames_is_refused():
    program = Path(__file__).parents[2] / "pyscripts/bin/compute_posteriors.py"
    refused = run_in_process(program, "--max-frames", 0, "final.pt", "data", "post")
    assert refused.returncode == 1 and "--max-frames is 0, but must be at least 1" in refused.stderr


def test_held_out_clips_without_their_targets_are_refused(recipe):
    result = step("train_lips", recipe, *TRAIN, "--valid-data", "data/test", "data/train", "data/train", "exp/net")
    assert result.returncode == 1 and "--valid and --valid-targets go together" in result.stderr
    assert not (recipe / "exp/net/final.pt").exists()
