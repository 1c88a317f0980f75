"""Names of trials to rows and speakers: what does not fit is named with its line, also in a later block."""

import numpy as np
import pytest

from cortado.datadir.trials import Trials
from cortado.errors import DataError
from cortado.score.embeddings import Embeddings
from cortado.score.lookup import RowLookup, used_rows
from cortado.score.split_list import Part

UTT2SPK = {"a1": "a", "a2": "a", "b1": "b", "c1": "c", "silent": "c"}


def table(keys):
    return Embeddings("x.scp", keys, np.ones((len(keys), 2), np.float32))


def test_rows_and_speakers_are_those_of_the_names():
    lookup = RowLookup("trials", table(["a1", "c1"]), table(["b1", "mute", "a2", "a1"]), UTT2SPK, "utt2spk")
    enrol, test = lookup(Trials(["c1", "a1", "a1"], ["a2", "a2", "b1"], np.array([False, True, False])), 0)
    assert (enrol.tolist(), test.tolist()) == ([1, 0, 0], [2, 2, 0])
    assert (lookup.enrol_speaker.tolist(), lookup.test_speaker.tolist()) == ([0, 2], [1, -1, 0, 0])


@pytest.mark.parametrize(
    ("enrol", "test", "is_target", "reason"),
    [
        ("a1", "b1", True, "trials:102: a1 b1 is labelled target, but they are two speakers in utt2spk"),
        ("a1", "a2", False, "trials:102: a1 a2 is labelled nontarget, but they are one speaker in utt2spk"),
        ("a1", "z", False, "trials:102: z has no speaker in utt2spk"),
        ("z", "a1", False, "trials:102: z has no speaker in utt2spk"),
        ("mute", "a1", False, "trials:102: mute has no speaker in utt2spk"),
        ("mute", "mute", True, "trials:102: mute has no speaker in utt2spk"),
        ("a1", "silent", False, "trials:102: silent has no embedding in x.scp"),
    ],
)
def test_what_does_not_fit_is_named_with_its_line(enrol, test, is_target, reason):
    both = table(["a1", "a2", "b1", "c1", "mute"])
    lookup = RowLookup("trials", both, both, UTT2SPK, "utt2spk")
    with pytest.raises(DataError, match=f"^{reason}$"):
        lookup(Trials(["a1", enrol, "c1"], ["a2", test, "a1"], np.array([True, is_target, False])), 100)


@pytest.mark.parametrize(("enrol", "test", "reason"), [("a1", "b1", "b1 is of b"), ("b1", "a1", "b1 is of b")])
def test_a_speaker_that_the_model_was_trained_on_is_named_with_its_line(enrol, test, reason):
    both = table(["a1", "a2", "b1", "c1"])
    lookup = RowLookup("trials", both, both, UTT2SPK, "utt2spk", trained_on=["b", "zoe"])
    lookup(Trials(["a1"], ["c1"], np.array([False])), 0)
    with pytest.raises(DataError, match=f"^trials:102: {reason}, on whom the model was trained"):
        lookup(Trials(["a1", enrol], ["a2", test], np.array([True, False])), 100)


@pytest.mark.parametrize("block_trials", [1, 7, 40, 1000])
def test_blocks_of_a_part_put_together_are_the_part(tmp_path, monkeypatch, block_trials):
    monkeypatch.setattr("cortado.datadir.trials.BLOCK_BYTES", 50)
    monkeypatch.setattr("cortado.score.lookup.BLOCK_TRIALS", block_trials)
    keys = [f"u{i}" for i in range(100)]
    lines = [f"u{i} u{99 - i} nontarget\n" for i in range(100)]
    (tmp_path / "trials").write_text("".join(lines))
    start, stop = len("".join(lines[:30])), len("".join(lines[:90]))
    lookup = RowLookup(tmp_path / "trials", table(keys), table(keys), {key: key for key in keys}, "utt2spk")
    blocks = list(lookup.blocks(Part(60, 30, start, stop)))
    enrol, test = map(np.concatenate, zip(*blocks, strict=True))
    assert (enrol.tolist(), test.tolist()) == (list(range(30, 90)), list(range(69, 9, -1)))
    assert all(len(rows) >= block_trials for rows, _ in blocks[:-1])


def test_used_rows_are_those_of_either_side(tmp_path):
    (tmp_path / "trials").write_text("c1 a1 nontarget\nc1 b1 nontarget\na1 nobody target\n")
    both = table(["a1", "a2", "b1", "c1"])
    assert [rows.tolist() for rows in used_rows(tmp_path / "trials", both, both)] == [[0, 3], [0, 2]]
