"""steps/compute_cmvn.sh: Kaldi's statistics by speaker and by utterance, and features that are missing or not finite."""

import subprocess
from pathlib import Path

import numpy as np
import pytest

from cortado import ark

UTT2SPK = {"a-1": "a", "a-2": "a", "b-1": "b"}


@pytest.fixture
def data(recipe_dir) -> Path:
    folder = recipe_dir / "data/train"
    folder.mkdir(parents=True)
    rng = np.random.default_rng(0)
    with ark.ArkWriter(folder / "feats.ark", folder / "feats.scp") as writer:
        for length, utterance in enumerate(UTT2SPK, 5):
            writer.write(utterance, rng.standard_normal((length, 4)).astype(np.float32))
    (folder / "utt2spk").write_text("".join(f"{utterance} {speaker}\n" for utterance, speaker in UTT2SPK.items()))
    (folder / "spk2utt").write_text("a a-1 a-2\nb b-1\n")
    return folder


def compute_cmvn(data: Path, *arguments) -> subprocess.CompletedProcess:
    command = ["steps/compute_cmvn.sh", *map(str, arguments), "data/train"]
    return subprocess.run(command, cwd=data.parent.parent, capture_output=True, text=True, check=False)


def stats_of(*feats: np.ndarray) -> np.ndarray:
    """Kaldi's matrix: sums and count, sums of squares and 0."""
    rows = np.concatenate(feats).astype(np.float64)
    return np.array([[*rows.sum(0), len(rows)], [*(rows**2).sum(0), 0]])


def read_table(path: Path) -> dict[str, np.ndarray]:
    return {key: ark.read(rxfile) for key, rxfile in ark.read_scp(path).items()}


def test_statistics_by_speaker_and_by_utterance_are_kaldis(data):
    feats = read_table(data / "feats.scp")
    made = compute_cmvn(data)
    assert made.returncode == 0, made.stderr
    by_speaker = read_table(data / "cmvn.scp")
    assert list(by_speaker) == ["a", "b"]
    assert by_speaker["a"].dtype == np.float64
    np.testing.assert_allclose(by_speaker["a"], stats_of(feats["a-1"], feats["a-2"]), rtol=1e-12)

    assert compute_cmvn(data, "--per", "utt").returncode == 0
    by_utterance = read_table(data / "cmvn_utt.scp")
    assert list(by_utterance) == list(UTT2SPK)
    np.testing.assert_allclose(by_utterance["a-2"], stats_of(feats["a-2"]), rtol=1e-12)


def test_an_utterance_without_features_is_named(data):
    lines = (data / "feats.scp").read_text().splitlines(keepends=True)
    (data / "feats.scp").write_text("".join(lines[:2]))
    refused = compute_cmvn(data)
    assert refused.returncode != 0
    assert "b-1" in refused.stderr
    assert not (data / "cmvn.scp").exists()


def test_features_that_are_not_finite_are_named(data):
    with ark.ArkWriter(data / "feats.ark", data / "feats.scp") as writer:
        for utterance in UTT2SPK:
            writer.write(utterance, np.full((3, 4), np.nan if utterance == "a-2" else 0, dtype=np.float32))
    refused = compute_cmvn(data)
    assert refused.returncode != 0
    assert "a-2 have NaN" in refused.stderr


def test_an_unknown_kind_is_refused(data):
    refused = compute_cmvn(data, "--per", "word")
    assert refused.returncode == 1
    assert "--per takes spk or utt, not 'word'" in refused.stderr
