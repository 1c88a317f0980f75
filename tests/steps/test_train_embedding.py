"""steps/train_embedding.sh and extract_embeddings.sh on a tiny data directory: resuming, independence of nj, bad inputs."""

import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import torch

sys.path.insert(0, str(Path(__file__).parents[1] / "ground"))
from start_ranks import outcome, start_ranks, torchrun

from cortado import ark
from cortado.train.model_file import load_network

CONFIG = """
encoder: {class: cortado.nn.encoders.resnet.ResNet, channels: [4, 4], blocks: [1, 1], strides: [2, 2], collapse_frequency: false}
pooling: {class: cortado.nn.pooling.statistics.StatisticsPooling}
loss: {class: cortado.nn.losses.aam_softmax.AAMSoftmax}
embedding_dim: 6
normalise: level
margin_ramp: 0.5
crops: {frames: [20, 30], per_utterance: 2}
training: {epochs: 3, batch_size: 4, checkpoint_every: 2, average: 2}
"""


def write_feats(folder: Path, speakers: int, seed: int, dim: int = 8) -> Path:
    """Four utterances a speaker, 15 to 60 frames long, of random features around a speaker's mean."""
    rng = np.random.default_rng(seed)
    folder.mkdir(parents=True)
    utt2spk, num_frames = {}, {}
    with ark.ArkWriter(folder / "feats.ark", folder / "feats.scp") as out:
        for speaker in range(speakers):
            centre = rng.normal(size=dim)
            for number in range(4):
                utt = f"s{speaker}-{number}"
                utt2spk[utt], num_frames[utt] = f"s{speaker}", int(rng.integers(15, 60))
                out.write(utt, (centre + rng.normal(size=(num_frames[utt], dim))).astype(np.float32))
    for name, table in (("utt2spk", utt2spk), ("utt2num_frames", num_frames)):
        (folder / name).write_text("".join(f"{key} {value}\n" for key, value in table.items()))
    return folder


def step(name: str, recipe: Path, *arguments) -> subprocess.CompletedProcess:
    return subprocess.run([f"steps/{name}.sh", *map(str, arguments)], cwd=recipe, capture_output=True, text=True, check=False)


TRAIN = ("--train-config", "train.yaml", "--num-threads", "1")


@pytest.fixture
def recipe(recipe_dir, monkeypatch):
    monkeypatch.chdir(recipe_dir)  # paths in scps are relative to it
    write_feats(recipe_dir / "data/train", speakers=4, seed=0)
    write_feats(recipe_dir / "data/test", speakers=3, seed=1)
    (recipe_dir / "train.yaml").write_text(CONFIG)
    return recipe_dir


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A model trained without any disturbance, and its recipe folder's data."""
    folder = tmp_path_factory.mktemp("undisturbed")
    root = Path(__file__).resolve().parents[2]
    for name in ("steps", "utils", "path.sh"):
        (folder / name).symlink_to(root / name)
    write_feats(folder / "data/train", speakers=4, seed=0)
    write_feats(folder / "data/test", speakers=3, seed=1)
    (folder / "train.yaml").write_text(CONFIG)
    result = step("train_embedding", folder, *TRAIN, "data/train", "exp/net")
    assert result.returncode == 0, result.stderr
    return folder


def test_killed_in_training_and_run_again_gives_the_same_model_file(recipe, trained):
    command = ["steps/train_embedding.sh", *TRAIN, "data/train", "exp/net"]
    process = subprocess.Popen(command, cwd=recipe, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while not (recipe / "exp/net/checkpoint.pt").exists():
        time.sleep(0.005)
    subprocess.run(["pkill", "-KILL", "-P", str(process.pid)], check=False)  # the launcher; what it started dies with it
    process.wait()
    assert not (recipe / "exp/net/final.pt").exists(), "the kill came too late to test anything"
    (recipe / "exp/net/.final.pt.4711.tmp").touch()  # as of a kill in the middle of writing
    result = step("train_embedding", recipe, *TRAIN, "data/train", "exp/net")
    assert result.returncode == 0 and not list((recipe / "exp/net").glob(".*.tmp")), result.stderr
    assert "continuing after update" in (recipe / "exp/net/log/train.log").read_text()
    final, undisturbed = (torch.load(folder / "exp/net/final.pt") for folder in (recipe, trained))
    assert all(torch.equal(final["weights"][name], weight) for name, weight in undisturbed["weights"].items())


def test_a_finished_model_is_not_trained_again_and_another_config_is_refused(recipe, trained):
    shutil.copytree(trained / "exp", recipe / "exp")
    shutil.rmtree(recipe / "exp/net/q")  # the launcher's memory is gone: the command itself must see that it is done
    shutil.rmtree(recipe / "data")
    shutil.copytree(trained / "data", recipe / "data")
    before = (recipe / "exp/net/final.pt").stat()
    again = step("train_embedding", recipe, *TRAIN, "data/train", "exp/net")
    assert again.returncode == 0, again.stderr
    assert "already there" in (recipe / "exp/net/log/train.log").read_text()
    assert (recipe / "exp/net/final.pt").stat().st_mtime_ns == before.st_mtime_ns
    other = step("train_embedding", recipe, *TRAIN, "--seed", "5", "data/train", "exp/net")
    assert other.returncode == 1
    assert "another config, seed or data" in other.stderr


def test_embeddings_are_those_of_each_utterance_alone_for_any_number_of_jobs_and_no_part_is_left_over(recipe, trained):
    shutil.copytree(trained / "exp", recipe / "exp")
    found = []
    for nj in (3, 2):
        result = step("extract_embeddings", recipe, "--nj", nj, "exp/net", "data/test", "exp/net/test")
        assert result.returncode == 0, result.stderr
        found.append(dict(ark.open_table(f"scp:{recipe}/exp/net/test/embeddings.scp")))
    three, two = found
    assert list(three) == sorted(three) == list(two) and len(two) == 12
    assert all(np.array_equal(three[utt], two[utt]) for utt in two)
    names = sorted(path.name for path in (recipe / "exp/net/test").glob("embeddings*"))
    assert names == ["embeddings.1of2.ark", "embeddings.1of2.scp", "embeddings.2of2.ark", "embeddings.2of2.scp", "embeddings.scp"]
    assert not (recipe / "exp/net/test/log/extract.3.log").exists()

    network, _ = load_network(recipe / "exp/net/final.pt")
    for utt, feats in ark.open_table(f"scp:{recipe}/data/test/feats.scp"):
        with torch.inference_mode():
            alone = network.embed(torch.from_numpy(feats)[None])[0].numpy()
        np.testing.assert_allclose(two[utt], alone, rtol=1e-4, atol=1e-5)


def test_a_model_with_windows_gives_the_mean_of_their_unit_embeddings(recipe, trained):
    shutil.copytree(trained / "exp", recipe / "exp")
    content = torch.load(recipe / "exp/net/final.pt")
    content["config"]["windows"] = {"frames": 20, "count": 3, "shift": None}
    torch.save(content, recipe / "exp/net/final.pt")
    result = step("extract_embeddings", recipe, "--nj", 2, "exp/net", "data/test", "exp/net/test")
    assert result.returncode == 0, result.stderr
    found = dict(ark.open_table(f"scp:{recipe}/exp/net/test/embeddings.scp"))
    assert len(found) == 12
    network, _ = load_network(recipe / "exp/net/final.pt")
    for utt, feats in ark.open_table(f"scp:{recipe}/data/test/feats.scp"):
        starts = [0, (len(feats) - 20) // 2, len(feats) - 20] if len(feats) > 20 else [0]
        with torch.inference_mode():
            alone = [network.embed(torch.from_numpy(feats[start : start + 20])[None])[0].numpy() for start in starts]
        np.testing.assert_allclose(found[utt], np.mean([a / np.linalg.norm(a) for a in alone], axis=0), rtol=1e-4, atol=1e-5)


def test_features_of_another_dimension_name_the_utterance(recipe, trained):
    shutil.copytree(trained / "exp", recipe / "exp")
    write_feats(recipe / "data/wide", speakers=2, seed=3, dim=9)
    result = step("extract_embeddings", recipe, "--nj", 1, "exp/net", "data/wide", "exp/net/wide")
    assert result.returncode == 1
    assert "the model was trained on 8 dimensions" in result.stderr and "utterance s" in result.stderr


def test_a_cut_off_ark_names_utterance_and_byte_in_extraction(recipe, trained):
    shutil.copytree(trained / "exp", recipe / "exp")
    write_feats(recipe / "data/cut", speakers=2, seed=3)
    scp = ark.read_scp(recipe / "data/cut/feats.scp")
    last = list(scp)[-1]
    path, offset = scp[last].rsplit(":", 1)
    os.truncate(recipe / path, int(offset) + 100)
    result = step("extract_embeddings", recipe, "--nj", 1, "exp/net", "data/cut", "exp/net/cut")
    assert result.returncode == 1 and f"utterance {last}: " in result.stderr and f"byte {offset}" in result.stderr


def test_nan_in_a_feature_names_the_utterance_in_training_and_extraction(recipe, trained):
    shutil.copytree(trained / "exp", recipe / "exp")
    feats = dict(ark.open_table(f"scp:{recipe}/data/train/feats.scp"))
    with ark.ArkWriter(recipe / "data/train/feats.ark", recipe / "data/train/feats.scp") as out:
        for utt, matrix in feats.items():
            if utt == "s2-1":
                matrix[:, 3] = np.nan
            out.write(utt, matrix)
    for result in (
        step("train_embedding", recipe, *TRAIN, "data/train", "exp/other"),
        step("extract_embeddings", recipe, "--nj", 1, "exp/net", "data/train", "exp/net/train"),
    ):
        assert result.returncode == 1 and "s2-1" in result.stderr


def test_an_impossible_option_stops_before_anything_is_written(recipe):
    result = step("train_embedding", recipe, *TRAIN, "--overrides", "training.epoch=3", "data/train", "exp/net")
    assert result.returncode == 1 and "unknown key 'epoch'; allowed: epochs, batch_size" in result.stderr
    assert not (recipe / "exp/net/final.pt").exists()


def test_two_ranks_record_the_figures_of_one_process_and_write_one_model(recipe):
    """Without an adaptive optimiser, which would make whole steps of what is rounding."""
    options = (
        "--config",
        "train.yaml",
        "--set",
        "training.optimiser.name=SGD",
        "--set",
        "training.optimiser.lr=0.0001",
        "--valid",
        "data/train",
    )
    one = subprocess.run(["train_embedding.py", *options, "data/train", "exp/one"], cwd=recipe, capture_output=True, text=True, check=False)
    two = torchrun(2, "train_embedding.py", *options, "data/train", "exp/two", cwd=recipe)
    assert one.returncode == 0 and two.returncode == 0, one.stderr + two.stdout
    assert two.stdout.count("the model is exp/two/final.pt") == 1 and "2 ranks" in two.stdout
    records = [[json.loads(line) for line in (recipe / f"exp/{run}/train.jsonl").read_text().splitlines()] for run in ("one", "two")]
    assert len(records[0]) == len(records[1]) == 3 + 1
    for alone, shared in zip(*records, strict=True):
        assert shared.pop("kind") == alone.pop("kind") and shared == pytest.approx(alone, rel=1e-4)
    final = [torch.load(recipe / f"exp/{run}/final.pt") for run in ("one", "two")]
    assert [f["identity"] for f in final] == [final[0]["identity"]] * 2
    for name, weight in final[0]["weights"].items():
        torch.testing.assert_close(final[1]["weights"][name], weight, rtol=1e-4, atol=1e-5)
    assert json.loads((recipe / "exp/two/info.json").read_text())["training_ranks"] == 2


@pytest.mark.parametrize("size, more", [(5, ()), (1, ("--valid", "data/train"))], ids=["odd", "fewer than ranks"])
def test_what_all_ranks_find_wrong_is_said_once(recipe, size, more):
    options = ("--config", "train.yaml", "--set", f"training.batch_size={size}", *more)
    statuses, said = outcome(start_ranks(2, shutil.which("train_embedding.py"), *options, "data/train", "exp/net"))
    assert statuses == [1, 1]
    message = f"train_embedding.py: training.batch_size is {size}, which 2 ranks cannot share equally"
    assert said.count(message) == 1 and "Traceback" not in said


def test_training_from_a_model_begins_at_its_weights_with_a_schedule_of_its_own(recipe, trained):
    """A run of no learning rate to speak of ends where it began: at the model's network and, for the same speakers, its classifier."""
    shutil.copytree(trained / "exp", recipe / "exp")
    still = "training.optimiser.lr=1e-12 training.epochs=2 training.average=1 margin_ramp=0 loss.margin=0.5 crops.frames=[40,50]"
    init = ("--init", "exp/net/final.pt")
    result = step("train_embedding", recipe, *TRAIN, *init, "--overrides", still, "data/train", "exp/tuned")
    assert result.returncode == 0, result.stderr
    assert (
        "starting from the network and the loss of exp/net/final.pt, with the same 4 speakers"
        in (recipe / "exp/tuned/log/train.log").read_text()
    )
    before, after = (torch.load(recipe / f"exp/{name}/final.pt") for name in ("net", "tuned"))
    assert after["config"]["loss"]["margin"] == 0.5 and after["identity"] != before["identity"]
    for name, weight in before["weights"].items():
        if "running" not in name and "num_batches" not in name:
            torch.testing.assert_close(after["weights"][name], weight, rtol=0, atol=1e-6)
    assert json.loads((recipe / "exp/tuned/info.json").read_text())["init"] == "exp/net/final.pt"


def test_a_model_of_other_speakers_gives_its_network_alone_and_one_of_another_shape_is_refused(recipe, trained):
    shutil.copytree(trained / "exp", recipe / "exp")
    still = "training.optimiser.lr=1e-12 training.epochs=1 training.average=1"
    init = ("--init", "exp/net/final.pt")
    result = step("train_embedding", recipe, *TRAIN, *init, "--overrides", still, "data/test", "exp/others")
    assert result.returncode == 0, result.stderr
    assert "its speakers are others, so the loss begins anew" in (recipe / "exp/others/log/train.log").read_text()
    network = "network.head.layers.0.weight"
    before, after = (torch.load(recipe / f"exp/{name}/final.pt")["weights"][network] for name in ("net", "others"))
    torch.testing.assert_close(after, before, rtol=0, atol=1e-6)
    wider = step("train_embedding", recipe, *TRAIN, *init, "--overrides", "embedding_dim=7", "data/train", "exp/wider")
    assert wider.returncode == 1 and "exp/net/final.pt has not the network of this config: size mismatch for head." in wider.stderr


def test_a_run_from_another_model_is_another_run(recipe, trained):
    shutil.copytree(trained / "exp", recipe / "exp")
    result = step("train_embedding", recipe, *TRAIN, "--init", "exp/net/final.pt", "data/train", "exp/net")
    assert result.returncode == 1 and "another config, seed or data, or from another model" in result.stderr
    missing = step("train_embedding", recipe, *TRAIN, "--init", "exp/none/final.pt", "data/train", "exp/more")
    assert missing.returncode == 1 and "cannot read exp/none/final.pt" in missing.stderr


@pytest.mark.parametrize(
    ("options", "ranks"),
    [
        ((), None),
        (("--gpu", "1"), None),
        (("--ntasks", "4"), "--nodes 1 --ntasks 4"),
        (("--nodes", "2"), "--nodes 2 --ntasks 2"),
        (("--nodes", "2", "--gpu", "4"), "--nodes 2 --ntasks 8"),
    ],
)
def test_the_launcher_is_asked_for_a_rank_on_each_gpu_or_as_many_as_the_user_says(recipe, options, ranks):
    call = step("train_embedding", recipe, *TRAIN, "--cmd", "echo", *options, "data/train", "exp/net").stdout
    assert (f"{ranks} " in call) if ranks else ("--ntasks" not in call and "--nodes" not in call)
    assert ("--device cuda" in call) == ("--gpu" in options)
