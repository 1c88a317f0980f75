"""egs/librispeech/sv from a generated tree of the corpus's layout to RESULTS.md and COMPARISON.md, in a tiny setting."""

import json
import shlex
import shutil
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

from cortado.config import load_config
from cortado.train.speaker import SpeakerConfig, build_model

sys.path.append(str(Path(__file__).parent))
from recipe_copy import copy_recipe, finish, only_show, run

RECIPE = Path(__file__).resolve().parents[2] / "egs/librispeech/sv"
TINY = shlex.split("""
    --test-speakers 4 --parts 2 --speeds 1.0 --copies 0 --nj 1 --num-threads 1 --seeds 0 --back-ends none
    --overrides "training.epochs=1 training.batch_size=6 crops.per_utterance=3 crops.frames=[30,40] encoder.channels=[4,4,4,4]"
""")
PAIRED = ("--systems", "sap_np_softmax cap_np_softmax")


@pytest.fixture(scope="module")
def corpus(tmp_path_factory) -> Path:
    """Ten speakers, half women, with a recording of 1.2 s each: a tone of their own in noise."""
    folder = tmp_path_factory.mktemp("corpora") / "LibriSpeech"
    lines = []
    for number in range(10):
        speaker = str(100 + number)
        lines.append(f"{speaker} | {'FM'[number % 2]} | train-clean-100 | 1.0 | Somebody\n")
        path = folder / "train-clean-100" / speaker / "7" / f"{speaker}-7-0000.flac"
        path.parent.mkdir(parents=True)
        tone = 0.1 * np.sin(2 * np.pi * (150 + 30 * number) * np.arange(19200) / 16000)
        soundfile.write(path, tone + 0.01 * np.random.default_rng(number).standard_normal(19200), 16000)
    (folder / "SPEAKERS.TXT").write_text("".join(lines))
    return folder


@pytest.fixture(scope="module")
def compared(tmp_path_factory, corpus):
    """Two systems, one of them with cross attentive pooling; their scores stand for a second seed too. The controls are left out."""
    recipe = copy_recipe(tmp_path_factory.mktemp("librispeech"), "librispeech/sv")
    options = ("--corpus", corpus, *TINY, *PAIRED)
    finish(recipe, *options, "--stage", "0", "--stop-stage", "1")
    finish(recipe, *options, "--stage", "3", "--stop-stage", "5")
    for first in list(recipe.glob("exp/*_seed0/*/result.json")):
        second = recipe / "exp" / first.parts[-3].replace("seed0", "seed1") / first.parts[-2]
        shutil.copytree(first.parent, second)
        result = json.loads(first.read_text())
        result["facts"]["seed"] = 1
        (second / "result.json").write_text(json.dumps(result))
    finish(recipe, *options, "--seeds", "0 1", "--stage", "6")
    return recipe


def test_every_system_and_seed_has_its_result_on_every_list(compared):
    results = [json.loads(path.read_text()) for path in compared.glob("exp/*/*/result.json")]
    found = sorted((result["condition"], result["system"], result["facts"]["seed"]) for result in results)
    conditions = [f"test_2parts{kind} {trials}" for kind in ("", "_channel") for trials in ("trials", "trials_same_sex")]
    assert found == sorted((c, s, seed) for c in conditions for s in PAIRED[1].split() for seed in (0, 1))
    back_ends = {(result["system"], result["back_end"].get("pair_head")) for result in results}
    assert back_ends == {("sap_np_softmax", None), ("cap_np_softmax", "cross attentive")}
    assert "| test_2parts trials | cap_np_softmax | cross attentive |" in (compared / "RESULTS.md").read_text()


def test_the_comparison_holds_systems_against_their_baseline_with_costs(compared):
    page = (compared / "COMPARISON.md").read_text()
    assert [line for line in page.splitlines() if line.startswith("## ")] == [
        "## Cross attentive pooling against `sap_np_softmax` (cosine)",
        "## Trial lists",
    ]
    assert page.count("| cap_np_softmax |") == 6  # overview, costs, and four lists
    assert set(json.loads((compared / "exp/costs.json").read_text())) == set(PAIRED[1].split())


def test_copies_are_other_speakers_at_another_speed_only(corpus, tmp_path):
    recipe = copy_recipe(tmp_path, "librispeech/sv")
    finish(recipe, "--corpus", corpus, *TINY, "--speeds", "0.9 1.0", "--copies", "1", "--stop-stage", "0")
    speakers = {
        name: (recipe / f"data/{name}/spk2utt").read_text().split()[::2] for name in ("train", "train_sp1.0_copy1", "train_sp0.9_copy1")
    }
    assert speakers["train_sp1.0_copy1"] == speakers["train"]
    assert speakers["train_sp0.9_copy1"] == [f"sp0.9-{speaker}" for speaker in speakers["train"]]


def test_a_system_without_a_line_is_refused_with_the_names_there_are(tmp_path):
    result = run(copy_recipe(tmp_path, "librispeech/sv"), "--corpus", tmp_path, "--systems", "resnet nothing")
    assert result.returncode == 1 and "no system 'nothing' in conf/systems; there are: resnet statistics average " in result.stderr


def test_no_system_is_refused_before_anything_is_done(tmp_path):
    recipe = copy_recipe(tmp_path, "librispeech/sv")
    result = run(recipe, "--corpus", tmp_path, "--systems", "")
    assert result.returncode == 1 and "--systems names none of conf/systems" in result.stderr and not (recipe / "data").exists()


def test_every_system_can_be_built_and_every_compared_one_is_there():
    read = lambda name: [line.split() for line in (RECIPE / "conf" / name).read_text().splitlines() if line and line[0] != "#"]
    systems = {name: (config, settings) for name, config, _, _, *settings in read("systems")}
    assert {name for _, _, *names in read("comparisons") for name in names} <= set(systems)
    for config, settings in systems.values():
        if config != "cross_attentive":  # which `compared` trains
            build_model(load_config(SpeakerConfig, RECIPE / f"conf/{config}.yaml", settings), feat_dim=80, num_speakers=603)


def test_by_default_a_dry_run_shows_the_resnet_and_compares_nothing(corpus, tmp_path):
    shown = only_show(copy_recipe(tmp_path, "librispeech/sv"), "--corpus", corpus)
    assert 'train_embedding.sh --cmd "run.py" --train-config "conf/resnet.yaml"' in shown
    assert "make_results.sh" in shown and "compare_systems.sh" not in shown


def test_all_comparisons_can_be_asked_for(corpus, tmp_path):
    recipe = copy_recipe(tmp_path, "librispeech/sv")
    lines = [line.split() for line in (recipe / "conf/comparisons").read_text().splitlines() if line and line[0] != "#"]
    shown = only_show(recipe, "--corpus", corpus, "--systems", " ".join(name for _, _, *names in lines for name in names))
    assert "compare_systems.sh" in shown and "score_cross_attentive.sh" in shown
