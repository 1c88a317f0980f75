"""Posteriors of clips: the classifier's own, the same bytes for any number of jobs; models of singers give embeddings too."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

sys.path.insert(0, str(Path(__file__).parents[1] / "ground"))
from in_process import run_in_process

from cortado import ark
from cortado.config import load_config
from cortado.train.model_file import load_classifier, save_model
from cortado.train.speaker import SpeakerConfig, build_model

ROOT = Path(__file__).resolve().parents[2]
SINGERS = ["EC", "La_Niña", "TP"]
DIM = 64


def write_clips(folder: Path, dim: int = DIM) -> Path:
    """Nine clips of 2 to 160 frames."""
    rng, num_frames = np.random.default_rng(0), {}
    folder.mkdir()
    with ark.ArkWriter(folder / "feats.ark", folder / "feats.scp") as out:
        for number, length in enumerate((2, 3, 17, 30, 30, 31, 44, 90, 160)):
            num_frames[f"c{number}"] = length
            out.write(f"c{number}", rng.standard_normal((length, dim)).astype(np.float32))
    (folder / "utt2num_frames").write_text("".join(f"{clip} {length}\n" for clip, length in num_frames.items()))
    return folder


def write_model(path: Path, name: str, *overrides: str) -> Path:
    torch.manual_seed(0)
    config = load_config(SpeakerConfig, ROOT / f"conf/sid/{name}.yaml", overrides)
    save_model(path, config, DIM, SINGERS, "identity", build_model(config, DIM, len(SINGERS)).state_dict())
    return path


def run_bin(name: str, *arguments: object) -> subprocess.CompletedProcess:
    return run_in_process(ROOT / f"pyscripts/bin/{name}.py", *arguments)


@pytest.mark.parametrize("name", ["crnn_mini", "residual50_mini", "residual_blstm_mini"])
def test_posteriors_are_those_of_each_clip_alone_for_any_number_of_jobs(tmp_path, name):
    data, model = write_clips(tmp_path / "data"), write_model(tmp_path / "final.pt", name)
    found = []
    for num_jobs in (1, 3):
        vectors = {}
        for job in range(1, num_jobs + 1):
            out = tmp_path / f"post.{job}of{num_jobs}"
            options = ("--frames-per-batch", 200, "--job", job, "--num-jobs", num_jobs)
            result = run_bin("classify_clips", *options, model, data, out)
            assert result.returncode == 0, result.stderr
            vectors |= dict(ark.open_table(f"scp:{out}.scp"))
            assert Path(f"{out}.classes").read_text(encoding="utf-8").splitlines() == SINGERS
        found.append(vectors)
    one, three = found
    assert sorted(one) == sorted(three) and len(one) == 9
    assert all(np.array_equal(one[clip], three[clip]) for clip in one)
    network, loss, _, _ = load_classifier(model)
    for clip, feats in ark.open_table(f"scp:{data}/feats.scp"):
        with torch.inference_mode():
            weights = loss.logits(network(torch.from_numpy(feats)[None]))[0].double().exp().numpy()
        assert one[clip].dtype == np.float32
        np.testing.assert_allclose(np.exp(one[clip].astype(float)), weights / weights.sum(), rtol=1e-4)


def test_embeddings_of_such_a_model_are_those_of_each_clip_alone(tmp_path):
    data, model = write_clips(tmp_path / "data"), write_model(tmp_path / "final.pt", "residual_blstm_mini")
    result = run_bin("extract_embeddings", "--frames-per-batch", 200, model, data, tmp_path / "embeddings")
    assert result.returncode == 0, result.stderr
    network, feats = load_classifier(model).network, dict(ark.open_table(f"scp:{data}/feats.scp"))
    for clip, embedding in ark.open_table(f"scp:{tmp_path}/embeddings.scp"):
        with torch.inference_mode():
            np.testing.assert_allclose(embedding, network.embed(torch.from_numpy(feats[clip])[None])[0], rtol=1e-4, atol=1e-5)


def test_the_step_leaves_one_table_and_the_classes_and_no_part_of_an_earlier_call(recipe_dir, monkeypatch):
    monkeypatch.chdir(recipe_dir)
    (recipe_dir / "data").mkdir()
    write_clips(Path("data/test"))
    Path("exp/crnn/test").mkdir(parents=True)
    write_model(Path("exp/crnn/final.pt"), "crnn_mini")
    Path("exp/crnn/test/posteriors.3of3.ark").touch()
    result = subprocess.run(
        ["steps/classify_clips.sh", "--nj", "2", "exp/crnn", "data/test", "exp/crnn/test"], capture_output=True, text=True, check=False
    )
    assert result.returncode == 0 and "classified 9 clips of data/test into 3 classes" in result.stdout, result.stderr
    assert list(ark.read_scp("exp/crnn/test/posteriors.scp")) == [f"c{number}" for number in range(9)]
    assert Path("exp/crnn/test/classes").read_text(encoding="utf-8").splitlines() == SINGERS
    parts = {f"posteriors.{job}of2.{suffix}" for job in (1, 2) for suffix in ("ark", "scp", "classes")}
    assert {path.name for path in Path("exp/crnn/test").iterdir() if path.is_file()} == parts | {"posteriors.scp", "classes"}


@pytest.mark.parametrize(
    ("overrides", "dim", "message"),
    [
        (("loss.class=cortado.nn.losses.ge2e.GE2E",), DIM, "was trained with cortado.nn.losses.ge2e.GE2E, which tells no speaker by one"),
        ((), 40, "utterance c0: features are (2, 40), the model was trained on 64 dimensions"),
    ],
)
def test_a_model_without_classes_and_features_of_another_dimension_are_refused_in_words(tmp_path, overrides, dim, message):
    data, model = write_clips(tmp_path / "data", dim), write_model(tmp_path / "final.pt", "crnn_mini", *overrides)
    result = run_bin("classify_clips", model, data, tmp_path / "post")
    assert result.returncode == 1 and message in result.stderr
    assert not (tmp_path / "post.scp").exists()
