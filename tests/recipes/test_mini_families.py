"""egs/mini/sv/run.sh with a system of each kind that run.sh tells apart: trained for a few updates, extracted, scored, in the table.

That is a network on other features than fbank (on those: test_mini_sv.py), pairs, and i-vectors. The other lines of its conf/systems differ
in encoder, pooling, head or loss alone: test_mini_systems.py trains and extracts them in one process.
"""

import json
import sys
from pathlib import Path

import numpy as np
import pytest

from cortado.ark import read_scp, read_shape

sys.path.append(str(Path(__file__).parent))
from recipe_copy import copy_recipe, find_nothing_to_do, finish, only_show, run

BACK_ENDS = {
    "xvector": "cosine, AS-norm 5",
    "cross_attentive": "cross attentive",
    "ivector": "PLDA",
}
TINY = (
    *("--train-speakers", "5", "--test-speakers", "3", "--sentences", "5", "--top-n", "5", "--num-draws", "20", "--back-ends", "asnorm"),
    *("--nj", "1", "--num-threads", "1", "--overrides", "training.epochs=1 training.batch_size=6 crops.frames=[66,70]"),
)
OPTIONS = (*TINY, "--systems", " ".join(BACK_ENDS))


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    recipe = copy_recipe(tmp_path_factory.mktemp("families"), "mini/sv")
    finish(recipe, *OPTIONS)
    return recipe


@pytest.mark.parametrize("system", BACK_ENDS)
def test_each_system_has_a_finite_score_for_every_trial_and_its_row(finished, system):
    trials = [line.split()[:2] for line in (finished / "data/test/trials").read_text().splitlines()]
    (folder,) = (finished / "exp" / system).glob("scores*")
    scored = [line.split() for line in (folder / "scores").read_text().splitlines()]
    assert [row[:2] for row in scored] == trials and len(trials) == 102  # pairs of 15 utterances but for those of one session
    scores = np.array([float(row[2]) for row in scored])
    assert np.isfinite(scores).all() and len(np.unique(scores)) > 50
    facts = json.loads((folder / "result.json").read_text())["facts"]
    assert facts["synthetic"] is True and facts["parameters"] > 1000
    assert f"| test | {system} | {BACK_ENDS[system]} |" in (finished / "RESULTS.md").read_text()


@pytest.mark.parametrize("folder, dim", [("data", 80), ("data/mfcc23", 23), ("data/mfcc", 13)])
def test_each_kind_of_features_lies_in_data_directories_of_its_own(finished, folder, dim):
    tables = [read_scp(finished / folder / part / "feats.scp") for part in ("train", "test")]
    assert [len(table) for table in tables] == [25, 15]
    assert {read_shape(rxfile)[1] for table in tables for rxfile in table.values()} == {dim}


def test_a_second_run_finds_nothing_to_do(finished):
    find_nothing_to_do(finished, *OPTIONS)


def test_a_dry_run_shows_the_steps_of_every_kind_and_makes_nothing(tmp_path):
    shown = only_show(copy_recipe(tmp_path, "mini/sv"), *OPTIONS)
    for step in (
        "compute_vad",
        "train_ivector",
        "train_embedding",
        "extract_maps",
        "extract_ivectors",
        "score_cross_attentive",
        "train_plda",
    ):
        assert f"steps/{step}.sh" in shown


def test_a_system_without_a_line_is_named_with_those_that_there_are(tmp_path):
    refused = run(copy_recipe(tmp_path, "mini/sv"), "--systems", "resnet xvektor")
    assert refused.returncode == 1 and refused.stdout == "" and refused.stderr.count("\n") == 1
    assert refused.stderr.startswith("run.sh: no system 'xvektor' in conf/systems; there are: resnet resnet_asp ")
