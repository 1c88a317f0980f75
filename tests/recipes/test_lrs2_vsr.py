"""egs/lrs2/vsr on a small tree of the publishers' layout (SYNTHETIC voices and mouths) to RESULTS.md and the paper's tables; its systems in full size."""

import json
import shlex
import sys
from pathlib import Path

import pytest
import torch

sys.path.extend([str(Path(__file__).parent), str(Path(__file__).parents[1] / "local")])
from lrs2_tree import make_lrs2
from recipe_copy import copy_recipe, find_nothing_to_do, finish, only_show, run

from cortado.config import load_config
from cortado.nn.cost import multiply_accumulates, num_parameters
from cortado.train.lips import LipConfig

ROOT = Path(__file__).resolve().parents[2]
CLIPS = {"pretrain": 8, "train": 8, "val": 2, "test": 3}
SYSTEMS = ("stires3d", "ctc_resnet18")
TINY = shlex.split(f"""
    --check-counts false --max-seconds 3 --nj 1 --num-threads 1 --gpu 0 --systems "{" ".join(SYSTEMS)}" --num-draws 20 --info synthetic=true
    --mono-gauss 150 --leaves 60 --gauss 200 --hmm-overrides "iterations=13 realign=[1,4,8] split_until=8" --lm-order 3
    --overrides "visual.width=4 visual.blocks=[1,1] pixels.size=24 encoder.dim=16 encoder.num_layers=1 encoder.feedforward_dim=16 training.epochs=1"
""")


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> tuple[Path, tuple[str | Path, ...]]:
    """A finished copy of the recipe, and its options."""
    top = tmp_path_factory.mktemp("lrs2")
    lips = top / "lips.yaml"
    lips.write_text((ROOT / "conf/lips_center.yaml").read_text().replace("size: 96", "size: 28"))
    options = ("--corpus", make_lrs2(top, CLIPS), "--lips-config", lips, *TINY)
    recipe = copy_recipe(top, "lrs2/vsr")
    finish(recipe, *options)
    return recipe, options


def test_every_system_is_scored_once_on_test_with_the_weights_of_val(made):
    recipe, _ = made
    page = (recipe / "RESULTS.md").read_text()
    for system in SYSTEMS:
        result = json.loads((recipe / f"exp/{system}_seed0/decode_test_ngram/result.json").read_text())
        assert result["chosen_on"].endswith("decode_val_ngram") and result["references"]["num_utterances"] == CLIPS["test"]
        assert f"| test, 3-gram | {system} |" in page
    assert "| test, greedy | ctc_resnet18 |" in page and "recorded speech" not in page


def test_the_tables_have_ours_beside_the_published_figures(made):
    recipe, _ = made
    tables = (recipe / "TABLES.md").read_text()
    assert "SYNTHETIC" in tables
    for system, network, published in (("stires3d", "StiRes3D (omega 2)", "46.8"), ("ctc_resnet18", "ResNet18, CTC", "53.7")):
        assert any(line.startswith(f"| {system} | {network} | 4 |") and f"| {published} |" in line for line in tables.splitlines())


def test_parts_of_pretrain_clips_are_trained_on_and_the_language_model_has_their_text(made):
    recipe, _ = made
    trained = (recipe / "exp/targets/tied/train/targets.scp").read_text().split()[::2]
    assert sum("-p00" in name for name in trained) == 2 * CLIPS["pretrain"] and sum("-m00" in name for name in trained) == CLIPS["train"]
    assert len((recipe / "data/local/lm/text").read_text().splitlines()) == CLIPS["pretrain"] + CLIPS["train"]


def test_a_second_run_finds_nothing_to_do(made):
    recipe, options = made
    find_nothing_to_do(recipe, *options)


def test_a_dry_run_shows_states_at_25_a_second_and_the_train_set_alone(tmp_path):
    copy = copy_recipe(tmp_path, "lrs2/vsr")
    shown = only_show(copy, "--corpus", tmp_path, "--pretrain", "false", "--systems", "stires3d stires3d_25hz ctc_from_hybrid ctc_pieces")
    assert (
        "pretrain" not in shown.replace("clips of pretrain cut to parts", "") and '"data/train" "data/lang_25hz" "exp/25hz/mono"' in shown
    )
    assert '"exp/25hz/tri3/graph" "data/test" "exp/stires3d_25hz_seed0/decode_test_ngram"' in shown
    assert '--init "exp/stires3d_seed0/final.pt"' in shown and '--unit "pieces"' in shown
    refused = run(copy, "--corpus", tmp_path, "--systems", "stires3d_omega")
    assert refused.returncode == 1 and "no system 'stires3d_omega' in conf/systems; there are: resnet18 all3d " in refused.stderr


FULL_SIZE = {  # parameters of the visual module, MMAC a frame of 88 x 88
    "resnet18": (11_182_784, 316.2),
    "all3d": (33_153_728, 881.1),
    "p3d": (15_368_384, 420.4),
    "sti3d": (2_708_352, 104.1),
    "stires3d": (3_936_640, 135.5),
    "stires3d_omega0.5": (2_516_848, 94.5),
    "stires3d_omega1": (2_990_112, 108.1),
    "stires3d_omega1.5": (3_463_376, 121.8),
    "stires3d_omega3": (4_883_168, 162.8),
}
TRANSFORMER = 6 * (4 * 512 * (512 + 1) + 2 * 512 * 2048 + 2048 + 512 + 4 * 512)  # attention, feed-forward, two normalisations a layer


def test_every_system_is_of_the_papers_size():
    recipe, header = ROOT / "egs/lrs2/vsr", (ROOT / "egs/lrs2/vsr/conf/paper.yaml").read_text()
    lines = [line.split(None, 4) for line in (recipe / "conf/systems").read_text().splitlines() if line and line[0] != "#"]
    for name, config, targets, _, *settings in lines:
        system = load_config(LipConfig, recipe / f"conf/{config}.yaml", "".join(settings).split())
        assert system.upsample == (4 if targets == "tied" else 1), name
        parameters, expected = FULL_SIZE["resnet18" if "resnet18" in name else name if name in FULL_SIZE else "stires3d"]
        with torch.device("meta"):
            network = system.visual.build(in_channels=1)
            macs = multiply_accumulates(network, torch.empty(1, 4, 1, 88, 88)) / 4e6
        assert num_parameters(network) == parameters and macs == pytest.approx(expected, abs=0.06), name
        assert f"{parameters:,}" in header and f" {expected} " in header, name
    assert {name for name, *_ in lines} >= FULL_SIZE.keys()
    with torch.device("meta"):
        assert num_parameters(system.encoder.build()) == TRANSFORMER  # of the last system as of all
