"""Which clips are trained on: those that are left out are counted and named, long ones are cut with their targets."""

import shutil
import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parent))
from lip_data import TOKENS, make_config, write_clips

from cortado import ark
from cortado.ark import ArkWriter
from cortado.datadir import DataDir
from cortado.errors import CortadoError, DataError
from cortado.train.lip_clips import LipClips
from cortado.train.lips import load_clips

LENGTHS = [12, 30, 9, 16]


def remove_line(path: Path, utterance: str) -> None:
    path.write_text("".join(line for line in path.read_text().splitlines(keepends=True) if not line.startswith(utterance)))


def test_clips_without_targets_are_named_and_left_out(tmp_path, capsys):
    data_dir = write_clips(tmp_path / "data", LENGTHS)
    remove_line(tmp_path / "data/targets.scp", "u02")
    data = load_clips(make_config(), data_dir, data_dir.path)
    assert [data.utterance(item) for item in range(len(data))] == ["u00", "u01", "u03"]
    said = capsys.readouterr().out
    assert "1 of 4 clips are left out, without a line in" in said and "targets.scp: u02" in said


def test_a_long_clip_is_cut_together_with_its_targets(tmp_path, capsys):
    data_dir = write_clips(tmp_path / "data", LENGTHS)
    data = load_clips(make_config(), data_dir, data_dir.path)
    assert "1 of 4 clips are longer than 20 frames, and cut" in capsys.readouterr().out
    assert data.lengths.tolist() == [12, 20, 9, 16] and data.num_targets.tolist() == [48, 80, 36, 64] and data.spare_frames(1) == 10
    pixels, targets = (ark.read(data_dir.table(f"{name}.scp")["u01"]) for name in ("lips", "targets"))
    clip, classes = data.read(1, 7)
    assert np.array_equal(clip, pixels[7:27]) and np.array_equal(classes.numpy(), targets[28:108])


def test_a_long_clip_with_tokens_is_left_out(tmp_path, capsys):
    data_dir = write_clips(tmp_path / "data", LENGTHS)
    data = load_clips(make_config(targets=TOKENS, upsample=1), data_dir, data_dir.path)
    assert len(data) == 3 and "1 of 4 clips are left out, longer than 20 frames: u01" in capsys.readouterr().out
    assert data.num_targets.tolist() == [2, 2, 2]


def test_a_transcript_that_ctc_cannot_emit_is_named_with_the_reason(tmp_path, capsys):
    data_dir = write_clips(tmp_path / "data", LENGTHS)
    rows = {"u00": [1, 2], "u01": [1], "u02": [1] * 6, "u03": [3]}
    with ArkWriter(tmp_path / "data/tokens.ark", tmp_path / "data/tokens.scp") as out:
        for utterance, row in rows.items():
            out.write(utterance, np.array(row, np.int32))
    data = load_clips(make_config(targets=TOKENS, upsample=1), data_dir, data_dir.path)
    assert len(data) == 2
    assert "whose targets cannot be learned: u02 (6 tokens, for which CTC needs 11 outputs, in a clip of 9)" in capsys.readouterr().out


def test_targets_of_other_clips_stop_the_training_with_both_counts(tmp_path):
    data_dir, other = write_clips(tmp_path / "data", LENGTHS), write_clips(tmp_path / "other", [12, 30, 9, 15])
    with pytest.raises(DataError, match=r"other/targets.scp: utterance u03 has 60 targets, but 16 frames in .*data/lips.scp"):
        load_clips(make_config(), data_dir, other.path)


def test_no_clip_left_is_an_error(tmp_path):
    data_dir = write_clips(tmp_path / "data", [30, 40])
    with pytest.raises(CortadoError, match="no clip is left to train on"):
        load_clips(make_config(targets=TOKENS, upsample=1), data_dir, data_dir.path)


@pytest.mark.parametrize("changed", ["lips", "targets", "lips.md5"])
def test_the_fingerprint_tells_whether_pixels_or_targets_have_changed_but_not_where_they_lie(tmp_path, changed):
    def fingerprint(folder: Path) -> str:
        return load_clips(make_config(), DataDir(folder), folder).fingerprint()

    for name in ("one", "two"):
        write_clips(tmp_path / name, LENGTHS)
    assert fingerprint(tmp_path / "one") == fingerprint(tmp_path / "two")
    if changed == "lips.md5":
        (tmp_path / "two/lips.md5").write_text("u00 0123\n")
    else:
        write_clips(tmp_path / "three", LENGTHS, seed=1)
        shutil.copy(tmp_path / "three" / f"{changed}.ark", tmp_path / "two" / f"{changed}.ark")
    assert fingerprint(tmp_path / "one") != fingerprint(tmp_path / "two")


@pytest.mark.parametrize("shape", [(5, 28), (5, 20, 28)])
def test_an_entry_that_is_no_clip_like_the_first_is_named(tmp_path, shape):
    data_dir = write_clips(tmp_path / "data", LENGTHS)
    with ArkWriter(tmp_path / "odd.ark", tmp_path / "odd.scp") as out:
        out.write("u09", np.zeros(shape, np.uint8 if len(shape) == 3 else np.float32))
    with open(data_dir.path / "lips.scp", "a") as table:
        table.write((tmp_path / "odd.scp").read_text())
    with pytest.raises(DataError, match=r"lips.scp: utterance u09: shape \(5, 2"):
        LipClips(data_dir)


def test_colours_which_files_have_last_come_as_channels(tmp_path):
    (tmp_path / "data").mkdir()
    pixels = np.random.default_rng(0).integers(0, 256, (5, 28, 24, 3)).astype(np.uint8)
    with ArkWriter(tmp_path / "data/lips.ark", tmp_path / "data/lips.scp") as out:
        out.write("u", pixels)
    clips = LipClips(DataDir(tmp_path / "data"))
    assert clips.frame_shape == (3, 28, 24)
    for colour in range(3):
        assert np.array_equal(clips.read(0, 1, 4)[:, colour], pixels[1:4, ..., colour])
