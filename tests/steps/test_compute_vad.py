"""steps/compute_vad.sh: decisions of Kaldi's rule as float vectors, the same for any nj."""

import subprocess
from pathlib import Path

import numpy as np
import pytest
import torch

from cortado import ark
from cortado.config import load_config
from cortado.feats import EnergyVad

CONFIG = Path(__file__).resolve().parents[2] / "conf/vad_fbank.yaml"


@pytest.fixture
def data(recipe_dir) -> Path:
    """Four utterances of random features with loud and quiet frames; the last is quiet throughout."""
    folder = recipe_dir / "data/train"
    folder.mkdir(parents=True)
    rng = np.random.default_rng(0)
    utterances = [f"s{i}-1" for i in range(4)]
    with ark.ArkWriter(folder / "feats.ark", folder / "feats.scp") as writer:
        for utterance in utterances:
            level = 3 if utterance == utterances[-1] else rng.choice([8, 20], (60, 1))
            writer.write(utterance, (level + rng.standard_normal((60, 5))).astype(np.float32))
    (folder / "utt2spk").write_text("".join(f"{utterance} {utterance[:2]}\n" for utterance in utterances))
    (folder / "spk2utt").write_text("".join(f"{utterance[:2]} {utterance}\n" for utterance in utterances))
    (folder / "wav.scp").write_text("".join(f"{utterance} {utterance}.wav\n" for utterance in utterances))
    return folder


def compute_vad(data: Path, *arguments) -> subprocess.CompletedProcess:
    command = ["steps/compute_vad.sh", *map(str, arguments), "data/train"]
    return subprocess.run(command, cwd=data.parent.parent, capture_output=True, text=True, check=False)


def test_decisions_are_the_librarys_for_any_nj(data):
    vad = load_config(EnergyVad, CONFIG)
    expected = {key: vad(torch.tensor(ark.read(rxfile))).numpy() for key, rxfile in ark.read_scp(data / "feats.scp").items()}
    for nj in (2, 1):
        made = compute_vad(data, "--nj", nj, "--vad-config", CONFIG)
        assert made.returncode == 0, made.stderr
        decisions = {key: ark.read(rxfile) for key, rxfile in ark.read_scp(data / "vad.scp").items()}
        assert list(decisions) == list(expected)
        for key in expected:
            assert decisions[key].dtype == np.float32
            np.testing.assert_array_equal(decisions[key], expected[key])
    assert [path.name for path in (data / "data").glob("vad_*.ark")] == ["vad_train.1of1.ark"]
    log = (data / "log/vad_train.1.log").read_text()
    assert "no speech: utterance s3-1" in log
    assert "1 of 4 utterances have none" in log


def test_features_that_are_not_finite_are_named(data):
    with ark.ArkWriter(data / "feats.ark", data / "feats.scp") as writer:
        writer.write("s0-1", np.full((3, 4), np.inf, dtype=np.float32))
        for utterance in ("s1-1", "s2-1", "s3-1"):
            writer.write(utterance, np.zeros((3, 4), dtype=np.float32))
    refused = compute_vad(data, "--nj", 1, "--vad-config", CONFIG)
    assert refused.returncode != 0
    assert "s0-1 has NaN or infinite values" in refused.stderr
