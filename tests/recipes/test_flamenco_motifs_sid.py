"""egs/flamenco_motifs/sid on generated clips in the published layout, to RESULTS.md: the audit, a reproduction, a split that shares nothing."""

import json
import shlex
import sys
from pathlib import Path

import pytest
import soundfile

sys.path.extend([str(Path(__file__).parent), str(Path(__file__).parents[1] / "ground")])
from in_process import run_in_process
from motif_tree import CLIPS, SINGERS, TAKES, make_motif_tree
from recipe_copy import copy_recipe, find_nothing_to_do, finish, only_show, run

from cortado.datadir import DataDir, read_table

ROOT = Path(__file__).resolve().parents[2]
TINY = shlex.split("""
    --nj 1 --seeds 0 --systems crnn_mini_mel128 --num-draws 20 --info synthetic=true
    --overrides "training.epochs=1 training.batch_size=16 encoder.channels=[4,4,4,4] encoder.hidden_dim=4 embedding_dim=8"
""")
DISTINCT = len(SINGERS) * TAKES * CLIPS


@pytest.fixture(scope="module")
def corpus(tmp_path_factory) -> Path:
    return make_motif_tree(tmp_path_factory.mktemp("clone") / "flamenco motifs")


@pytest.fixture(scope="module")
def recipe(tmp_path_factory, corpus) -> Path:
    copy = copy_recipe(tmp_path_factory.mktemp("recipe"), "flamenco_motifs/sid")
    finish(copy, "--corpus", corpus, *TINY)
    return copy


def test_the_audit_finds_what_was_put_in(recipe):
    counts = json.loads((recipe / "data/clean/shared_audio.json").read_text())
    whole, singers = counts["all"], counts["by_speaker"]
    assert whole["clips"] == len(DataDir(recipe / "data/all").utterances) == DISTINCT + 5 * 3 + CLIPS + 1 + 4
    assert whole["distinct_clips"] == DISTINCT + 5 + 1 + 3  # overlapping clips, the one of 40 ms, D7 and both of D8
    assert whole["clips_with_a_copy"] == 2 * (2 * 5 + CLIPS + 1) and whole["contents_under_two_speakers"] == 1
    assert whole["dropped"] == {"content under two speakers": 2, "copy": 2 * 5 + CLIPS, "overlaps with another speaker": 2, "too short": 1}
    assert whole["kept"] == DISTINCT + 5 and whole["overlap_groups"] == DISTINCT
    assert singers["JT"]["shortest_seconds"] == 0.04
    assert singers["JT"]["recordings"] - 1 == singers["JT"]["recording_groups"] == 3  # M99 is M31
    assert singers["AM"]["recordings"] == 5 and "M00.txt" not in "".join(read_table(recipe / "data/all/utt2rec").values())


def test_clean_splits_share_no_audio_and_the_random_one_says_how_much_it_does(recipe):
    overlap, random = (json.loads((recipe / f"data/{kind}_seed0/split.json").read_text()) for kind in ("overlap", "random"))
    assert (overlap["num_copies"], overlap["num_overlapping"]) == (0, 0)
    content = {
        part: [soundfile.read(path)[0].tobytes() for path in DataDir(recipe / f"data/random_seed0/{part}").wav_scp.values()]
        for part in ("train", "valid", "test")
    }
    num_copies = sum(samples in content["train"] + content["valid"] for samples in content["test"])
    assert 0 < num_copies == random["num_copies"] <= random["num_overlapping"]
    for part in ("train", "test"):
        assert set(DataDir(recipe / f"data/overlap_seed0/{part}").spk2utt) == set(SINGERS)


def test_no_audio_leaves_the_clone(recipe, corpus):
    assert not list(recipe.rglob("*.wav"))
    assert all(path.startswith(f"{corpus}/") for path in DataDir(recipe / "data/clean").wav_scp.values())


def test_the_page_has_the_audit_and_every_row_beside_its_controls_under_its_split(recipe):
    page = (recipe / "RESULTS.md").read_text()
    clean, reproduction = page.split("## Split by overlap group")[1].split("## Random split of clips: a reproduction")
    for part, clips in ((clean, "clean motifs"), (reproduction, "all motifs")):
        rows = [line.split(" | ")[:3] for line in part.splitlines() if line.startswith(f"| {clips}")]
        assert rows == [
            *([f"| {clips}", control, "-"] for control in ("majority", "duration", "mfcc-svm")),
            [f"| {clips}", "crnn_mini", "mel128"],
        ]
    assert "**0.0 %** have a copy in training and **0.0 %** share samples with it" in clean and "synthetic singing" in page
    assert "| JT | 20 | 14 | 0.04 |" in page.split("## What the clips are")[1]
    assert len(list((recipe / "exp").glob("*_seed0/*/scores/confusion.png"))) == 8


def test_a_second_run_finds_nothing_to_do(recipe, corpus):
    find_nothing_to_do(recipe, "--corpus", corpus, *TINY)


def test_a_dry_run_shows_every_system_and_unknown_names_are_refused(tmp_path):
    copy = copy_recipe(tmp_path, "flamenco_motifs/sid")
    lines = [line.split() for line in (copy / "conf/systems").read_text().splitlines() if line and not line.startswith("#")]
    assert len(lines) == 18 and all(
        (copy / f"conf/{line[1]}.yaml").is_file() and (ROOT / f"conf/{line[2]}.yaml").is_file() for line in lines
    )
    shown = only_show(copy, "--corpus", tmp_path, "--seeds", "0", "--systems", " ".join(line[0] for line in lines))
    assert all(f'"exp/overlap_seed0/{line[0]}"' in shown for line in lines)
    for option, name, message in (
        ("--systems", "lenet", "no system 'lenet'"),
        ("--splits", "album", "--splits knows random, overlap and recording"),
    ):
        refused = run(copy, "--corpus", tmp_path, option, name)
        assert refused.returncode == 1 and message in refused.stderr


def test_a_wrong_clone_or_file_name_is_named(tmp_path, corpus):
    prepare = ROOT / "local/flamenco_motifs/prepare_clips.py"
    missing = run_in_process(prepare, "--corpus", tmp_path, tmp_path / "data")
    assert missing.returncode == 1 and "the folders AM EC EM JT TP are not there" in missing.stderr
    for singer in SINGERS:
        (tmp_path / "clone/clips" / singer).mkdir(parents=True)
    (tmp_path / "clone/clips/AM/M1_solo.wav").touch()
    named = run_in_process(prepare, "--corpus", tmp_path / "clone", tmp_path / "data")
    assert named.returncode == 1 and "AM/M1_solo.wav: expected <recording>[_intervals]_<motif>_<uuid>.wav" in named.stderr
