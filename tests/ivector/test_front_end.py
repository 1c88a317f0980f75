"""The front end and reading: which frames come out, normalised how; data that cannot be used is named."""

import numpy as np
import pytest
import torch

from cortado import ark
from cortado.datadir import DataDir
from cortado.errors import CortadoError, DataError
from cortado.feats import SlidingCmvn, add_deltas
from cortado.ivector.frames import SpeechFrames, count_speech, in_blocks
from cortado.ivector.front_end import FrontEnd

PLAIN = FrontEnd(delta_order=0, cmvn="none", vad=False)


def test_utterance_normalisation_leaves_zero_means_and_unit_variances_of_the_speech_frames():
    feats = torch.randn(50, 3) * 4 + 7
    is_speech = torch.arange(50) % 3 > 0
    frames = FrontEnd(cmvn="utterance", norm_vars=True)(feats, is_speech)
    assert frames.shape == (int(is_speech.sum()), 9) and frames.dtype == torch.float64
    torch.testing.assert_close(frames.mean(0), torch.zeros(9, dtype=torch.float64), atol=1e-5, rtol=0)
    torch.testing.assert_close(frames.var(0, correction=0), torch.ones(9, dtype=torch.float64), atol=1e-4, rtol=0)


def test_deltas_and_sliding_normalisation_see_all_frames_and_speech_is_selected_last():
    feats, is_speech = torch.randn(400, 2), torch.arange(400) > 250
    frames = FrontEnd(delta_order=1, delta_window=3, cmvn="sliding", cmn_window=100, norm_vars=False)(feats, is_speech)
    expected = SlidingCmvn(100)(add_deltas(feats, 1, 3))[is_speech]
    torch.testing.assert_close(frames, expected.double())


@pytest.mark.parametrize("sizes", [[], [0], [5], [1, 3, 0, 9], [4, 4], [25], [3, 1, 4, 4, 1]])
def test_blocks_hold_all_rows_in_order_and_none_is_empty(sizes):
    rows = torch.arange(float(sum(sizes)))[:, None]
    blocks = list(in_blocks(rows.split(sizes) if sizes else [], 4))
    assert all(len(block) == 4 for block in blocks[:-1]) and all(0 < len(block) <= 4 for block in blocks)
    assert torch.equal(torch.cat([*blocks, rows[:0]]), rows)


@pytest.fixture
def data_dir(tmp_path) -> DataDir:
    """Utterance b has no speech at all."""
    with (
        ark.ArkWriter(tmp_path / "feats.ark", tmp_path / "feats.scp") as feats,
        ark.ArkWriter(tmp_path / "vad.ark", tmp_path / "vad.scp") as vad,
    ):
        for number, utterance in enumerate("abc"):
            feats.write(utterance, np.full((4, 2), number, np.float32))
            vad.write(utterance, np.array([0, number != 1, number != 1, 0], np.float32))
    (tmp_path / "utt2num_frames").write_text("a 4\nb 4\nc 4\n")
    return DataDir(tmp_path)


def test_speech_is_counted_and_what_has_none_is_named_and_refused_beyond_what_is_allowed(data_dir, capsys):
    frames = SpeechFrames(data_dir, FrontEnd())
    with pytest.raises(CortadoError, match=r"1 of 3 utterances of .* have no speech frame.*--allow-missing \(now 0\)"):
        count_speech(frames, allow_missing=0)
    assert f"no speech: utterance b: {data_dir.feats_scp['b']}" in capsys.readouterr().err
    assert count_speech(frames, allow_missing=1) == {"a": 2, "c": 2}
    assert count_speech(SpeechFrames(data_dir, PLAIN), allow_missing=0) == {"a": 4, "b": 4, "c": 4}


def test_features_that_cannot_be_used_are_named(data_dir):
    matrices = {"a": np.zeros((4, 2)), "b": np.full((4, 2), np.nan), "c": np.zeros((4, 3))}
    with ark.ArkWriter(data_dir.path / "feats.ark", data_dir.path / "feats.scp") as out:
        for utterance, matrix in matrices.items():
            out.write(utterance, matrix.astype(np.float32))
    frames = SpeechFrames(DataDir(data_dir.path), PLAIN)
    with pytest.raises(DataError, match=r"feats\.ark:\d+: the features of b have NaN or infinite values"):
        frames.read("b")
    with pytest.raises(DataError, match=r"the features of c are \(4, 3\), those of the first have 2 columns"):
        frames.read("c")


def test_decisions_that_are_missing_or_of_another_length_are_named(data_dir):
    with ark.ArkWriter(data_dir.path / "vad.ark", data_dir.path / "vad.scp") as vad:
        vad.write("a", np.ones(3, np.float32))
        vad.write("b", np.ones(4, np.float32))
    with pytest.raises(DataError, match=r"vad\.scp: has no line for 1 utterances: c"):
        SpeechFrames(DataDir(data_dir.path), FrontEnd())
    with ark.ArkWriter(data_dir.path / "vad.ark", data_dir.path / "vad.scp") as vad:
        for utterance in "abc":
            vad.write(utterance, np.ones(3, np.float32))
    with pytest.raises(DataError, match="utterance a has 3 decisions and 4 frames of features"):
        SpeechFrames(DataDir(data_dir.path), FrontEnd()).read("a")
