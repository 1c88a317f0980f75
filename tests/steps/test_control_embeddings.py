"""control_embeddings.py by running it: one vector an utterance, by the definitions, and LDA trained on parts of utterances."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from cortado import ark
from cortado.score.lda import fit_lda

COMMAND = Path(__file__).resolve().parents[2] / "pyscripts/bin/control_embeddings.py"
DIM = 3


def write_data(folder: Path, num_speakers: int, seed: int, dim: int = DIM) -> dict[str, np.ndarray]:
    """One utterance of 40 frames a speaker, who has a mean of their own; its features by utterance."""
    rng = np.random.default_rng(seed)
    feats = {f"s{k}-1": (rng.standard_normal(dim) + rng.standard_normal((40, dim))).astype(np.float32) for k in range(num_speakers)}
    folder.mkdir(parents=True)
    with ark.ArkWriter(folder / "feats.ark", folder / "feats.scp") as out:
        for utt, matrix in feats.items():
            out.write(utt, matrix)
    (folder / "utt2spk").write_text("".join(f"{utt} {utt[:2]}\n" for utt in feats))
    return feats


def run(folder: Path, *arguments) -> subprocess.CompletedProcess:
    command = [sys.executable, COMMAND, *arguments, "test", "out/e.ark", "out/e.scp"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def embeddings(folder: Path) -> dict[str, np.ndarray]:
    return dict(ark.open_table(f"ark:{folder}/out/e.ark"))


def test_the_noise_floor_is_the_mean_of_the_quietest_frames(tmp_path):
    feats = write_data(tmp_path / "test", 2, seed=0)
    done = run(tmp_path, "noise-floor")
    assert done.returncode == 0, done.stderr
    assert list(embeddings(tmp_path)) == list(feats) == list(ark.read_scp(tmp_path / "out/e.scp"))
    for utt, vector in embeddings(tmp_path).items():
        quietest = sorted(feats[utt], key=lambda frame: frame.mean())[:4]
        np.testing.assert_allclose(vector, np.mean(quietest, axis=0), rtol=1e-5, atol=1e-6)


def test_mean_std_lda_is_trained_on_quarters_and_applied_to_whole_utterances(tmp_path):
    train, test = write_data(tmp_path / "train", 6, seed=1), write_data(tmp_path / "test", 3, seed=2)
    done = run(tmp_path, "mean-std-lda", "--train", "train")
    assert done.returncode == 0, done.stderr
    quarters = [feats[start : start + 10] for feats in train.values() for start in range(0, 40, 10)]
    vectors = np.array([np.concatenate([part.mean(0), part.std(0)]) for part in quarters])
    mean, projection = fit_lda(vectors, np.repeat(np.arange(6), 4))
    for utt, vector in embeddings(tmp_path).items():
        whole = np.concatenate([test[utt].mean(0), test[utt].std(0)])
        np.testing.assert_allclose(vector, (whole - mean) @ projection, rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("arguments", [["noise-floor", "--train", "train"], ["mean-std-lda"]])
def test_training_data_go_with_lda_alone(tmp_path, arguments):
    refused = run(tmp_path, *arguments)
    assert refused.returncode == 1 and "--train DATA-DIR goes with mean-std-lda" in refused.stderr


def test_features_that_do_not_fit_are_named_and_nothing_is_written(tmp_path):
    write_data(tmp_path / "train", 3, seed=0, dim=DIM + 1)
    feats = write_data(tmp_path / "test", 2, seed=0)
    other_width = run(tmp_path, "mean-std-lda", "--train", "train")
    assert other_width.returncode == 1 and "features of 3 columns, those of train have 4" in other_width.stderr
    with ark.ArkWriter(tmp_path / "test/feats.ark", tmp_path / "test/feats.scp") as out:
        for utt, matrix in feats.items():
            out.write(utt, matrix * np.float32(np.nan if utt == "s1-1" else 1))
    not_finite = run(tmp_path, "noise-floor")
    assert not_finite.returncode == 1 and "the features of s1-1 have NaN" in not_finite.stderr
    assert not list((tmp_path / "out").glob("e.*"))
