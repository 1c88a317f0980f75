"""steps/extract_maps.sh and score_cross_attentive.sh by running them: scores from features, jobs, models, reruns, bad inputs."""

import itertools
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from torch.nn import functional as F

sys.path.extend([str(Path(__file__).parent), *(str(Path(__file__).parents[1] / room) for room in ("ground", "train"))])
from cross_attentive_program import make_config
from in_process import run_in_process
from test_train_embedding import write_feats

from cortado import ark
from cortado.config import dump_yaml
from cortado.score.metrics import eer, roc_curve
from cortado.train.cross_attentive import load_cross_attentive
from cortado.train.model_file import save_model

ROOT = Path(__file__).parents[2]
NUM_CROPS, CROP_FRAMES = 3, 30
FILES = ("scores", "result.json", "summary", "det.txt", "det.png")


def run(recipe, *command):
    return subprocess.run(list(map(str, command)), cwd=recipe, capture_output=True, text=True, check=False)


def extract(recipe, *options, maps="exp/cap/test"):
    return run(
        recipe,
        "steps/extract_maps.sh",
        "--nj",
        1,
        "--num-crops",
        NUM_CROPS,
        "--crop-frames",
        CROP_FRAMES,
        *options,
        "exp/cap",
        "data/test",
        maps,
    )


def score(recipe, *options, data="data/test", scores="exp/cap/scores"):
    return run(recipe, "steps/score_cross_attentive.sh", "--num-draws", 20, *options, "exp/cap", data, "exp/cap/test", scores)


def command(recipe, *options, data="data/test", out="exp/cap/direct"):
    """The command behind the scoring step."""
    sides = ("--model", "exp/cap/final.pt", "--trials", f"{data}/trials", "--utt2spk", f"{data}/utt2spk", "--maps", "exp/cap/test")
    names = ("--system", "x", "--condition", "y", "--num-draws", 20, "--out", out)
    return run_in_process(ROOT / "pyscripts/bin/score_cross_attentive.py", *sides, *names, *options, cwd=recipe)


def extraction(recipe, *options):
    """The command behind the other one."""
    sizes = ("--num-crops", NUM_CROPS, "--crop-frames", CROP_FRAMES)
    program = ROOT / "pyscripts/bin/extract_maps.py"
    return run_in_process(program, *sizes, *options, "exp/cap/final.pt", "data/test", "out/maps", cwd=recipe)


@pytest.fixture(scope="module")
def template(tmp_path_factory):
    """A recipe folder with a trained model, four utterances of six other speakers (some shorter than a crop), their maps, trials and scores."""
    folder = tmp_path_factory.mktemp("recipe")
    for name in ("steps", "utils", "path.sh"):
        (folder / name).symlink_to(ROOT / name)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        write_feats(Path("data/train"), speakers=8, seed=0)
        write_feats(Path("data/test"), speakers=6, seed=1)
    (folder / "train.yaml").write_text(dump_yaml(make_config()))
    utts = [line.split()[0] for line in (folder / "data/test/feats.scp").read_text().splitlines()]
    pairs = itertools.combinations(utts, 2)
    lines = [f"{a} {b} {'target' if a[:2] == b[:2] else 'nontarget'}\n" for a, b in pairs]
    (folder / "data/test/trials").write_text("".join(lines))
    training = ("--train-config", "train.yaml", "--seed", 3, "--num-threads", 1)
    for done in (
        run(folder, "steps/train_embedding.sh", *training, "data/train", "exp/cap"),
        extract(folder, "--nj", 2),
        score(folder, "--nj", 2, "--info", "exp/cap/info.json synthetic=true"),
    ):
        assert done.returncode == 0, done.stderr
    (folder / "said").write_text(done.stdout)
    return folder


@pytest.fixture
def recipe(template, tmp_path):
    return shutil.copytree(template, tmp_path / "recipe", symlinks=True)


def read_scores(recipe, scores="exp/cap/scores"):
    rows = (line.split() for line in (recipe / scores / "scores").read_text().splitlines())
    return {(enrol, test): float(value) for enrol, test, value in rows}


def contents(recipe, scores="exp/cap/scores"):
    return {name: (recipe / scores / name).read_bytes() for name in FILES}


def scores_from_features(recipe, pairs):
    """By the definition: the mean over all pairs of crops of the cosine of what the network gives for the two features."""
    network, _ = load_cross_attentive(recipe / "exp/cap/final.pt")
    crops = {}
    for utt, feats in ark.open_table(recipe / "data/test/feats.scp"):
        starts = [0] if len(feats) <= CROP_FRAMES else np.linspace(0, len(feats) - CROP_FRAMES, NUM_CROPS).astype(int)
        crops[utt] = [torch.from_numpy(feats[start : start + CROP_FRAMES])[None] for start in starts]
    cosine_of = lambda s, q: F.cosine_similarity(*(side[0, 0] for side in network.pairs(network(s), network(q))), dim=0)
    with torch.no_grad():
        return {(a, b): np.mean([float(cosine_of(s, q)) for s in crops[a] for q in crops[b]]) for a, b in pairs}


def test_scores_are_those_of_a_loop_from_the_features_and_the_result_is_of_these_scores(recipe, monkeypatch):
    scores = read_scores(recipe)
    trials = [line.split() for line in (recipe / "data/test/trials").read_text().splitlines()]
    assert list(scores) == [(enrol, test) for enrol, test, _ in trials]
    assert any(int(line.split()[1]) < CROP_FRAMES for line in (recipe / "data/test/utt2num_frames").read_text().splitlines())
    some = list(scores)[::7]
    monkeypatch.chdir(recipe)  # the arks' paths are relative to it
    expected = scores_from_features(recipe, some)
    np.testing.assert_allclose([scores[pair] for pair in some], [expected[pair] for pair in some], atol=2e-6)
    is_target = np.array([label == "target" for *_, label in trials])
    result = json.loads((recipe / "exp/cap/scores/result.json").read_text())
    assert result["eer"]["value"] == eer(roc_curve(np.array(list(scores.values())), is_target)).value < 0.25
    assert result["trials"]["num_targets"] == is_target.sum() and result["test"]["table"] == "exp/cap/test/maps.scp"
    assert (result["facts"]["seed"], result["system"], result["condition"]) == (3, "cap", "test")
    assert (recipe / "said").read_text() == (recipe / "exp/cap/scores/summary").read_text()


def test_neither_maps_nor_scores_depend_on_the_number_of_jobs_and_maps_are_made_once_for_each_model(recipe):
    tables = [recipe / f"exp/cap/test/maps.{name}" for name in ("md5", "json")]
    expected, maps, made = contents(recipe), [table.read_bytes() for table in tables], []
    for _ in range(2):
        assert extract(recipe, "--nj", 1).returncode == 0
        made.append((recipe / "exp/cap/test/maps.1of1.ark").stat().st_mtime_ns)
    assert made[0] == made[1] and [table.read_bytes() for table in tables] == maps
    assert sorted(path.name for path in (recipe / "exp/cap/test").glob("maps.*of*.ark")) == ["maps.1of1.ark"]
    assert score(recipe, "--nj", 1, "--info", "exp/cap/info.json synthetic=true").returncode == 0
    assert contents(recipe) == expected
    assert len(list((recipe / "exp/cap/scores/parts").glob("scored.*"))) == 1
    train_another_model(recipe)
    refused = command(recipe)
    assert refused.returncode == 1
    assert "exp/cap/test/maps.scp: these maps were not made by exp/cap/final.pt as it is now" in refused.stderr
    assert extract(recipe, "--nj", 1).returncode == 0
    assert tables[0].read_bytes() != maps[0]


def train_another_model(recipe):
    """Weights that did not come of training will do."""
    network, _ = load_cross_attentive(recipe / "exp/cap/final.pt")
    for parameter in network.encoder.parameters():
        torch.nn.init.normal_(parameter)
    weights = {f"network.{name}": weight for name, weight in network.state_dict().items()}
    save_model(recipe / "exp/cap/final.pt", make_config(), 8, [f"s{n}" for n in range(8)], "another", weights)


def test_compressed_maps_are_nearly_the_same_in_half_the_bytes(recipe, monkeypatch):
    assert extraction(recipe, "--compress", "true").returncode == 0
    monkeypatch.chdir(recipe)
    plain, small = (dict(ark.open_table(scp)) for scp in ("exp/cap/test/maps.scp", "out/maps.scp"))
    assert plain.keys() == small.keys()
    for utt, matrix in plain.items():
        np.testing.assert_allclose(small[utt], matrix, atol=1e-4 * np.ptp(matrix))
    sizes = [sum(path.stat().st_size for path in folder.glob("maps*.ark")) for folder in (recipe / "out", recipe / "exp/cap/test")]
    assert sizes[0] < 0.55 * sizes[1]


def test_models_are_enrolled_with_several_utterances_and_score_the_mean_of_them(recipe):
    (recipe / "data/models").mkdir()
    shutil.copy(recipe / "data/test/utt2spk", recipe / "data/models/utt2spk")
    (recipe / "data/models/enrol").write_text("m0 s0-0 s0-1\nm1 s1-0 s1-1 s1-2\n")
    trials = [("m0", "s0-3"), ("m0", "s2-1"), ("m1", "s1-3"), ("m1", "s2-2")]
    labels = ("target", "nontarget", "target", "nontarget")
    (recipe / "data/models/trials").write_text("".join(f"{m} {t} {label}\n" for (m, t), label in zip(trials, labels, strict=True)))
    done = command(recipe, "--enrol-models", "data/models/enrol", data="data/models")
    assert done.returncode == 0, done.stderr
    single, utts = read_scores(recipe), {"m0": ("s0-0", "s0-1"), "m1": ("s1-0", "s1-1", "s1-2")}
    expected = [np.mean([single[utt, test] for utt in utts[model]]) for model, test in trials]
    np.testing.assert_allclose(list(read_scores(recipe, "exp/cap/direct").values()), expected, atol=1.1e-6)


def test_a_trial_without_a_map_is_named_with_its_line(recipe):
    scp = recipe / "exp/cap/test/maps.scp"
    scp.write_text("".join(line for line in scp.read_text().splitlines(keepends=True) if not line.startswith("s0-2 ")))
    refused = command(recipe)
    assert refused.returncode == 1 and "Traceback" not in refused.stderr and not (recipe / "exp/cap/direct/result.json").exists()
    assert re.search(r"data/test/trials:\d+: s0-2 has no \w+ in exp/cap/test/maps\.scp", refused.stderr)


def test_a_model_of_pairs_has_no_embeddings_to_extract(recipe):
    program = ROOT / "pyscripts/bin/extract_embeddings.py"
    done = run_in_process(program, "exp/cap/final.pt", "data/test", "out/embeddings", cwd=recipe)
    assert done.returncode == 1 and not (recipe / "out").exists()
    assert "exp/cap/final.pt compares pairs of utterances and embeds none by itself; steps/extract_maps.sh takes it" in done.stderr


def test_features_that_give_no_map_are_named(recipe):
    with ark.ArkWriter(recipe / "bad.ark") as out:
        out.write("s1-1", np.zeros((40, 9), np.float32))
    for name, value in (("feats.scp", f"{recipe}/bad.ark:5"), ("utt2num_frames", "40")):
        lines = (recipe / "data/test" / name).read_text().splitlines()
        lines[5] = f"s1-1 {value}"
        (recipe / "data/test" / name).write_text("\n".join(lines) + "\n")
    done = extraction(recipe)
    assert done.returncode == 1 and "Traceback" not in done.stderr and not list((recipe / "out").glob("*"))
    assert "utterance s1-1: features are (40, 9), the model was trained on 8 dimensions" in done.stderr
