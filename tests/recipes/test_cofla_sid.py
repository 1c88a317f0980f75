"""egs/cofla/sid on a generated tree in the layout of cante100, in a tiny size, from recordings to RESULTS.md."""

import shlex
import sys
from pathlib import Path

import pytest

from cortado.datadir import DataDir, read_table

sys.path.extend([str(Path(__file__).parent), str(Path(__file__).parents[1] / "local")])
from cofla_tree import make_cofla
from recipe_copy import copy_recipe, find_nothing_to_do, finish, only_show, run

# One set of clips: each has three controls, whose processes take longer than what they do.
TINY = shlex.split("""
    --nj 1 --clips motifs --systems crnn_mini_mel128 --num-draws 20 --test-fraction 0.33 --valid-fraction 0.4 --info synthetic=true
    --motif-settings "mine_in=corpus min_support=2 min_length=4 min_duration=0.1"
    --overrides "training.epochs=1 encoder.channels=[4,4,4,4] encoder.hidden_dim=4"
""")


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> tuple[Path, tuple]:
    top = tmp_path_factory.mktemp("cofla")
    options = (*TINY, "--corpus", make_cofla(top))
    recipe = copy_recipe(top, "cofla/sid")
    finish(recipe, *options)
    return recipe, options


def test_recordings_of_the_paper_s_choice_are_split_by_recording(made):
    recipe, _ = made
    assert sorted(DataDir(recipe / "data/recordings").spk2utt) == ["antonio_mairena", "camaron_de_la_isla"]
    assert list(read_table(recipe / "data/recordings/left_out")) == ["toronjo-021"]
    tested = set(DataDir(recipe / "data/split/test").utterances)
    assert len(tested) == 2 and not tested & set(DataDir(recipe / "data/motifs/train").table("utt2rec").values())


def test_the_page_has_the_network_and_its_controls(made):
    recipe, _ = made
    text = (recipe / "RESULTS.md").read_text()
    assert "## Split by recording" in text
    for system in ("crnn_mini", "majority", "duration", "mfcc-svm"):
        assert f"| motifs | {system} |" in text


def test_a_second_run_finds_nothing_to_do(made):
    recipe, options = made
    find_nothing_to_do(recipe, *options)


def test_without_a_corpus_it_says_what_is_wanted(tmp_path):
    result = run(copy_recipe(tmp_path, "cofla/sid"))
    assert result.returncode != 0 and "--corpus names the folder of the metadata and the audio" in result.stderr


def test_a_dry_run_shows_every_stage_and_makes_nothing(tmp_path):
    shown = only_show(copy_recipe(tmp_path, "cofla/sid"), "--corpus", "/corpora/cante100")
    for step in ("prepare_sid.sh", "find_shared_audio.sh", "make_f0.sh", "split_recordings.sh", "make_contours.sh", "find_motifs.sh"):
        assert step in shown
    for step in (
        "make_clips.sh",
        "make_feats.sh",
        "control_classes.sh",
        "train_embedding.sh",
        "classify_clips.sh",
        "make_class_results.sh",
    ):
        assert step in shown
