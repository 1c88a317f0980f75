"""steps/select_voiced.sh: the frames that the decisions call speech, of every utterance, and what does not fit together."""

import subprocess
from pathlib import Path

import numpy as np
import pytest

from cortado import ark

UTTERANCES = ("a-1", "a-2", "b-1", "b-2")


@pytest.fixture
def data(recipe_dir) -> Path:
    folder = recipe_dir / "data/train"
    folder.mkdir(parents=True)
    rng = np.random.default_rng(0)
    feats = ark.ArkWriter(folder / "feats.ark", folder / "feats.scp")
    vad = ark.ArkWriter(folder / "vad.ark", folder / "vad.scp")
    with feats, vad:
        for length, utterance in enumerate(UTTERANCES, 5):
            feats.write(utterance, rng.standard_normal((length, 3)).astype(np.float32))
            vad.write(utterance, (np.arange(length) % 3 > 0).astype(np.float32))
    (folder / "utt2spk").write_text("".join(f"{utterance} {utterance[0]}\n" for utterance in UTTERANCES))
    (folder / "spk2utt").write_text("a a-1 a-2\nb b-1 b-2\n")
    return folder


def select(data: Path, *options) -> subprocess.CompletedProcess:
    command = ["steps/select_voiced.sh", *map(str, options), "data/train", "data/voiced"]
    return subprocess.run(command, cwd=data.parents[1], capture_output=True, text=True, check=False)


def read_all(scp: Path) -> dict[str, np.ndarray]:
    return {key: ark.read(rxfile) for key, rxfile in ark.read_scp(scp).items()}


def set_decisions(data: Path, utterance: str, decisions) -> None:
    vad = read_all(data / "vad.scp") | {utterance: np.array(decisions, np.float32)}
    with ark.ArkWriter(data / "vad.ark", data / "vad.scp") as writer:
        for key, values in vad.items():
            writer.write(key, values)


@pytest.mark.parametrize("nj", [1, 3])
def test_the_frames_of_speech_are_kept_whatever_the_number_of_jobs(data, nj):
    result = select(data, "--nj", nj)
    assert result.returncode == 0, result.stderr
    feats, voiced = read_all(data / "feats.scp"), read_all(data.parent / "voiced/feats.scp")
    assert list(voiced) == list(UTTERANCES)
    for utterance in UTTERANCES:
        rows = [row for row in range(len(feats[utterance])) if row % 3]
        np.testing.assert_array_equal(voiced[utterance], feats[utterance][rows])
    lengths = (data.parent / "voiced/utt2num_frames").read_text().split()[1::2]
    assert [len(matrix) for matrix in voiced.values()] == list(map(int, lengths))
    assert (data.parent / "voiced/utt2spk").read_text() == (data / "utt2spk").read_text()
    assert not (data.parent / "voiced/vad.scp").exists()  # its decisions are of all frames


def test_an_utterance_without_speech_is_named_and_left_out_only_when_that_is_allowed(data):
    set_decisions(data, "a-2", [0] * 6)
    refused = select(data, "--nj", 1)
    assert refused.returncode == 1 and "no speech: utterance a-2" in refused.stderr and "--allow-missing" in refused.stderr
    assert not (data.parent / "voiced/feats.scp").exists()
    allowed = select(data, "--nj", 1, "--allow-missing", 1)
    assert allowed.returncode == 0, allowed.stderr
    assert list(read_all(data.parent / "voiced/feats.scp")) == ["a-1", "b-1", "b-2"]
    assert (data.parent / "voiced/spk2utt").read_text() == "a a-1\nb b-1 b-2\n"


def test_decisions_of_another_length_are_named_with_both_counts(data):
    set_decisions(data, "b-1", [1, 1])
    result = select(data, "--nj", 2)
    assert result.returncode == 1 and "utterance b-1 has 2 decisions and 7 frames of features" in result.stderr
