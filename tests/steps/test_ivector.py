"""steps/train_ivector.sh and extract_ivectors.sh on synthetic features: resuming, ranks, independence of nj, bad inputs."""

import json
import shutil
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import torch

sys.path.insert(0, str(Path(__file__).parents[1] / "ground"))
from in_process import run_in_process
from start_ranks import torchrun

from cortado import ark
from cortado.datadir import DataDir
from cortado.ivector.baum_welch import BaumWelch
from cortado.ivector.frames import SpeechFrames
from cortado.ivector.model_file import load_model

ROOT = Path(__file__).resolve().parents[2]
CONFIG = """
front_end: {delta_order: 1, cmvn: none}
ubm: {num_gauss: 4, diagonal_iterations: 12, diagonal_every: 2, full_iterations: 12, min_frames: 20}
extractor: {ivector_dim: 2, iterations: 24}
"""
TRAIN = ("--train-config", "ivector.yaml", "--num-threads", "1")


def write_data(folder: Path, speakers: int, seed: int, silent: str = "", nan: str = "") -> Path:
    """Four utterances a speaker, 40 to 120 frames of a mixture that each speaker moves; a third of the frames is no speech."""
    rng = np.random.default_rng(seed)
    folder.mkdir(parents=True, exist_ok=True)
    centres = np.array([[-4, 0, 2], [4, 1, 0], [0, 4, -2]])
    utt2spk, num_frames = {}, {}
    with ark.ArkWriter(folder / "feats.ark", folder / "feats.scp") as feats, ark.ArkWriter(folder / "vad.ark", folder / "vad.scp") as vad:
        for speaker in range(speakers):
            shifts = 0.7 * rng.normal(size=centres.shape)
            for utt in (f"s{speaker}-{number}" for number in range(4)):
                utt2spk[utt], num_frames[utt] = f"s{speaker}", int(rng.integers(40, 120))
                kind = rng.integers(3, size=num_frames[utt])
                matrix = (centres + shifts)[kind] + rng.normal(size=(len(kind), 3))
                feats.write(utt, np.where(utt == nan, np.nan, matrix).astype(np.float32))
                vad.write(utt, ((rng.random(len(kind)) > 0.3) & (utt != silent)).astype(np.float32))
    for name, table in (("utt2spk", utt2spk), ("utt2num_frames", num_frames)):
        (folder / name).write_text("".join(f"{key} {value}\n" for key, value in table.items()))
    return folder


def make_recipe(folder: Path) -> Path:
    write_data(folder / "data/train", speakers=6, seed=0)
    (folder / "ivector.yaml").write_text(CONFIG)
    return folder


def step(name: str, recipe: Path, *arguments) -> subprocess.CompletedProcess:
    return subprocess.run([f"steps/{name}.sh", *map(str, arguments)], cwd=recipe, capture_output=True, text=True, check=False)


@pytest.fixture
def recipe(recipe_dir, monkeypatch):
    monkeypatch.chdir(recipe_dir)  # paths in scps are relative to it
    return recipe_dir


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A system trained without any disturbance, in a recipe folder of its own."""
    folder = tmp_path_factory.mktemp("undisturbed")
    for name in ("steps", "utils", "path.sh"):
        (folder / name).symlink_to(ROOT / name)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        make_recipe(Path())
    result = step("train_ivector", folder, *TRAIN, "data/train", "exp/iv")
    assert result.returncode == 0, result.stderr
    return folder


@pytest.fixture
def with_model(recipe, trained):
    """A recipe folder that has the trained system, and test data of other speakers: more than a batch, one utterance silent."""
    shutil.copytree(trained / "exp", "exp")
    write_data(Path("data/test"), speakers=18, seed=1, silent="s3-2")
    return recipe


def test_training_leaves_the_model_its_description_and_rising_likelihoods(trained):
    info = json.loads((trained / "exp/iv/info.json").read_text())
    em = json.loads((trained / "exp/iv/em.json").read_text())
    diagonal, full = np.split(np.array(em["ubm_log_likes_per_frame"]), 2)
    gains = np.array(em["extractor_gains_per_frame"])
    assert all((np.diff(part) > -1e-9).all() and part[-1] > part[0] for part in (diagonal, full, gains))
    assert info["parameters"] == 4 * (1 + 6 + 36) + 4 * 6 * 2 and info["utterances"] == 24
    left = sorted(path.name for path in (trained / "exp/iv").iterdir() if path.is_file())
    assert left == ["config.yaml", "em.json", "final.pt", "info.json", "ubm.pt"] and not (trained / "exp/iv/stats").exists()
    assert "iteration 24 of 24" in (trained / "exp/iv/log/train.log").read_text()


def test_killed_in_each_half_and_run_again_gives_the_same_bytes(recipe, trained):
    make_recipe(Path())
    for half in ("ubm", "extractor"):
        process = subprocess.Popen(
            ["steps/train_ivector.sh", *TRAIN, "data/train", "exp/iv"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        while not Path(f"exp/iv/{half}.pt").exists():
            assert process.poll() is None
            time.sleep(0.002)
        subprocess.run(["pkill", "-KILL", "-P", str(process.pid)], check=False)  # the launcher; what it started dies with it
        process.wait()
        assert not Path("exp/iv/final.pt").exists(), "the kill came too late to test anything"
    result = step("train_ivector", recipe, *TRAIN, "data/train", "exp/iv")
    assert result.returncode == 0, result.stderr
    assert "continuing after iteration" in Path("exp/iv/log/train.log").read_text()
    assert Path("exp/iv/final.pt").read_bytes() == (trained / "exp/iv/final.pt").read_bytes()
    assert not Path("exp/iv/extractor.pt").exists() and not list(Path("exp/iv").glob(".*.tmp"))


def test_two_ranks_train_the_model_of_one_process(recipe, trained):
    make_recipe(Path())
    done = torchrun(2, "train_ivector.py", "--config", "ivector.yaml", "data/train", "exp/iv")
    assert done.returncode == 0 and "2 ranks" in done.stdout, done.stdout
    one, two = (load_model(folder / "exp/iv/final.pt") for folder in (trained, recipe))
    for name, tensor in vars(one.ubm).items():
        torch.testing.assert_close(getattr(two.ubm, name), tensor, rtol=1e-9, atol=1e-9)
    torch.testing.assert_close(two.extractor.loadings, one.extractor.loadings, rtol=1e-5, atol=1e-6)  # statistics on disk are float32


def test_a_finished_system_is_left_alone_and_other_data_are_refused(recipe, trained):
    shutil.copytree(trained / "exp", "exp")
    make_recipe(Path())
    command = (ROOT / "pyscripts/bin/train_ivector.py", "--config", "ivector.yaml", "data/train", "exp/iv")
    again = run_in_process(*command)
    assert again.returncode == 0 and "already there" in again.stdout, again.stderr
    write_data(Path("data/train"), speakers=6, seed=5)
    data = run_in_process(*command)
    assert data.returncode == 1 and "exp/iv/final.pt was trained with another config, seed or data" in data.stderr


def test_ivectors_do_not_depend_on_the_number_of_jobs_and_are_the_models_posterior_means(with_model):
    found = []
    for nj in (2, 1):
        result = step("extract_ivectors", with_model, "--nj", nj, "--allow-missing", 1, "exp/iv", "data/test", "exp/iv/test")
        assert result.returncode == 0 and "made i-vectors of 71 utterances" in result.stdout, result.stderr
        found.append(dict(ark.open_table("scp:exp/iv/test/embeddings.scp")))
    two, one = found
    assert list(one) == sorted(one) == list(two) and len(one) == 71 and one["s0-0"].dtype == np.float32
    assert all(np.array_equal(one[utt], two[utt]) for utt in one)
    names = sorted(path.name for path in Path("exp/iv/test").glob("embeddings*"))
    assert names == ["embeddings.1of1.ark", "embeddings.1of1.scp", "embeddings.scp"]

    model = load_model(Path("exp/iv/final.pt"))
    frames = SpeechFrames(DataDir("data/test"), model.config.front_end)
    for utt in ("s0-0", "s9-3"):
        stats = BaumWelch(model.ubm)(frames.read(utt)).numpy()
        loadings = model.extractor.loadings.numpy()
        precision = np.eye(2) + sum(n * t.T @ t for n, t in zip(stats[:, 0], loadings, strict=True))
        mean = np.linalg.solve(precision, sum(t.T @ f for f, t in zip(stats[:, 1:], loadings, strict=True)))
        np.testing.assert_allclose(one[utt], mean, rtol=1e-5)


def test_an_utterance_without_speech_is_named_and_refused(with_model):
    refused = step("extract_ivectors", with_model, "--nj", 1, "exp/iv", "data/test", "exp/iv/test")
    assert refused.returncode == 1 and "no speech: utterance s3-2: data/test/feats.ark:" in refused.stderr
    assert "1 of 72 utterances of data/test have no speech frame" in refused.stderr and not Path("exp/iv/test/embeddings.scp").exists()


def test_nan_in_the_features_names_utterance_and_file(recipe):
    make_recipe(Path())
    write_data(Path("data/bad"), speakers=2, seed=2, nan="s1-2")
    result = step("train_ivector", recipe, *TRAIN, "data/bad", "exp/bad")
    assert result.returncode == 1 and "the features of s1-2 have NaN or infinite values" in result.stderr
    assert "data/bad/feats.ark:" in result.stderr and "Traceback" not in result.stderr


@pytest.mark.parametrize(
    ("options", "ranks"),
    [((), None), (("--ntasks", "4"), "--nodes 1 --ntasks 4"), (("--nodes", "2", "--gpu", "4"), "--nodes 2 --ntasks 8")],
)
def test_the_launcher_is_asked_for_as_many_ranks_as_the_user_says(recipe, options, ranks):
    make_recipe(Path())
    call = step("train_ivector", recipe, *TRAIN, "--cmd", "echo", *options, "data/train", "exp/iv").stdout
    assert (f"{ranks} " in call) if ranks else ("--ntasks" not in call)
    assert ("--device cuda" in call) == ("--gpu" in options)
