"""steps/control_embeddings.sh by running it: one vector an utterance, by the definitions, and LDA trained on quarters."""

import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

from cortado import ark
from cortado.score.lda import fit_lda

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


def run(recipe: Path, kind: str) -> subprocess.CompletedProcess:
    command = ["steps/control_embeddings.sh", kind, "train", "test", "out"]
    return subprocess.run(command, cwd=recipe, capture_output=True, text=True, check=False)


def noise_floor(feats: np.ndarray) -> np.ndarray:
    return np.mean(sorted(feats, key=lambda frame: frame.mean())[: max(1, round(len(feats) / 10))], axis=0)


def mean_std(feats: np.ndarray) -> np.ndarray:
    return np.concatenate([feats.mean(0), feats.std(0)])


@pytest.mark.parametrize(("kind", "describe"), [("noise-floor", noise_floor), ("mean-std", mean_std)])
def test_lda_is_trained_on_quarters_and_applied_to_whole_utterances(recipe_dir, kind, describe):
    train, test = write_data(recipe_dir / "train", 6, seed=1), write_data(recipe_dir / "test", 3, seed=2)
    done = run(recipe_dir, kind)
    assert done.returncode == 0, done.stderr
    quarters = [feats[start : start + 10] for feats in train.values() for start in range(0, 40, 10)]
    mean, projection = fit_lda(np.array([describe(part) for part in quarters]), np.repeat(np.arange(6), 4))
    made = dict(ark.open_table(f"ark:{recipe_dir}/out/embeddings.ark"))
    assert list(made) == list(test) == list(ark.read_scp(recipe_dir / "out/embeddings.scp"))
    for utt, vector in made.items():
        np.testing.assert_allclose(vector, (describe(test[utt]) - mean) @ projection, rtol=1e-3, atol=1e-4)


def test_features_that_do_not_fit_are_named_and_nothing_is_written(recipe_dir):
    write_data(recipe_dir / "train", 3, seed=0, dim=DIM + 1)
    feats = write_data(recipe_dir / "test", 2, seed=0)
    other_width = run(recipe_dir, "mean-std")
    assert other_width.returncode == 1 and "utterance s0-1: features of 3 columns are not those of train" in other_width.stderr
    with ark.ArkWriter(recipe_dir / "test/feats.ark", recipe_dir / "test/feats.scp") as out:
        for utt, matrix in feats.items():
            out.write(utt, matrix * np.float32(np.nan if utt == "s1-1" else 1))
    shutil.rmtree(recipe_dir / "train")
    write_data(recipe_dir / "train", 3, seed=0)
    not_finite = run(recipe_dir, "noise-floor")
    assert not_finite.returncode == 1 and "the features of s1-1 have NaN" in not_finite.stderr
    assert not list((recipe_dir / "out").glob("e*"))
