"""Scoring of classified clips as its commands do it: controls, figures by clip and by recording, and clips that the split does not test."""

import json
import sys
from pathlib import Path

import numpy as np
import pytest

from cortado import ark
from cortado.datadir import read_table, split_record
from cortado.datadir.split_record import PartSize, SplitRecord
from cortado.score.class_result import read_class_result

sys.path.append(str(Path(__file__).parents[1] / "ground"))
from in_process import run_in_process

BIN = Path(__file__).resolve().parents[2] / "pyscripts/bin"
SPLIT = SplitRecord(split_record.FORMAT, "recording", 3, PartSize(9, 5), PartSize(0, 0), PartSize(5, 3), 0, 0, 24)
TRAIN = {"ana-r1-1": "ana", "ana-r1-2": "ana", "ana-r2-1": "ana", "eva-r1-1": "eva"}
TEST = {"ana-r3-1": "ana", "ana-r3-2": "ana", "ana-r4-1": "ana", "eva-r2-1": "eva", "eva-r2-2": "eva"}


def write_data(folder: Path, utt2spk: dict[str, str]) -> None:
    folder.mkdir(parents=True)
    for name, value in (("utt2spk", utt2spk.get), ("utt2rec", lambda clip: clip[:-2]), ("utt2dur", lambda clip: 0.2 + 0.1 * int(clip[-1]))):
        (folder / name).write_text("".join(f"{clip} {value(clip)}\n" for clip in utt2spk))


@pytest.fixture
def split(tmp_path) -> Path:
    write_data(tmp_path / "split/train", TRAIN)
    write_data(tmp_path / "split/test", TEST)
    SPLIT.write(tmp_path / "split/split.json")
    return tmp_path / "split"


def test_the_majority_is_scored_by_clip_and_by_recording(split, tmp_path):
    made = run_in_process(BIN / "control_classes.py", "majority", split / "train", split / "test", tmp_path / "majority/test")
    assert made.returncode == 0, made.stderr
    assert (tmp_path / "majority/test/classes").read_text() == "ana\neva\n"
    vectors = dict(ark.open_table(f"scp:{tmp_path}/majority/test/posteriors.scp"))
    assert list(vectors) == list(TEST) and vectors["ana-r3-1"].dtype == np.float32
    np.testing.assert_allclose(np.exp(vectors["eva-r2-1"]), [0.75, 0.25], rtol=1e-6)
    options = ("--num-draws", 50, "--condition", "motifs", "--info", "seed=3")
    done = run_in_process(BIN / "score_classes.py", *options, split, split / "test", tmp_path / "majority/test", tmp_path / "scores")
    assert done.returncode == 0, done.stderr
    result = read_class_result(tmp_path / "scores/result.json")
    assert (result.system, result.is_control, result.condition, result.split) == ("majority", True, "motifs", SPLIT)
    assert (result.clips.accuracy.value, result.clips.balanced_accuracy.value, result.clips.auc.value) == (0.6, 0.5, 0.5)
    assert result.recordings.accuracy.value == pytest.approx(2 / 3) and result.test.num_recordings == 3
    assert read_table(tmp_path / "scores/decisions")["eva-r2-2"] == "eva ana" and (tmp_path / "scores/confusion.png").is_file()
    assert (
        done.stdout.splitlines()[1] == "split by recording: of 5 test clips, 0.0 % have a copy in training and 0.0 % share samples with it"
    )


def test_clips_that_the_split_does_not_test_are_not_scored(split, tmp_path):
    run_in_process(BIN / "control_classes.py", "majority", split / "train", split / "train", tmp_path / "majority/train")
    refused = run_in_process(BIN / "score_classes.py", split, split / "train", tmp_path / "majority/train", tmp_path / "scores")
    assert refused.returncode == 1 and "4 clips are not of " in refused.stderr and "ana-r1-1, ana-r1-2" in refused.stderr
    assert not (tmp_path / "scores").exists()


def test_clips_cut_later_from_tested_recordings_are_scored(split, tmp_path):
    (split / "test/utt2spk").write_text("ana-r3 ana\nana-r4 ana\neva-r2 eva\n")  # the split was of whole recordings
    (split / "test/utt2rec").unlink()
    write_data(tmp_path / "clips", TEST)
    run_in_process(BIN / "control_classes.py", "duration", split / "train", tmp_path / "clips", tmp_path / "duration/clips")
    done = run_in_process(
        BIN / "score_classes.py", "--num-draws", 5, split, tmp_path / "clips", tmp_path / "duration/clips", tmp_path / "scores"
    )
    assert done.returncode == 0, done.stderr
    assert json.loads((tmp_path / "scores/result.json").read_text())["test"]["num_clips"] == 5


def test_a_control_without_what_it_hears_is_refused_by_name(split, tmp_path):
    (split / "test/utt2dur").write_text("ana-r3-1 0.5\n")
    refused = run_in_process(BIN / "control_classes.py", "duration", split / "train", split / "test", tmp_path / "out")
    assert refused.returncode == 1 and "test/utt2dur: has no line for 4 utterances: ana-r3-2" in refused.stderr
    with ark.ArkWriter(split / "train/feats.ark", split / "train/feats.scp") as out:
        for clip in list(TRAIN)[:-1]:
            out.write(clip, np.ones((3, 20), np.float32))
    lacking = run_in_process(BIN / "control_classes.py", "mfcc-svm", split / "train", split / "test", tmp_path / "out")
    assert lacking.returncode == 1 and "train/feats.scp: has no features of eva-r1-1" in lacking.stderr
    (split / "train/utt2spk").write_text("ana-r1-1 ana\n")
    alone = run_in_process(BIN / "control_classes.py", "majority", split / "train", split / "test", tmp_path / "out")
    assert alone.returncode == 1 and "has 1 speaker" in alone.stderr
