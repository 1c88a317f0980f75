"""Steps check what they were given before they make or remove anything, and name the option or the file."""

import subprocess

import pytest

NJ_STEPS = {
    "make_feats": ("--feats-config", "any.yaml", "data/all"),
    "compute_vad": ("--vad-config", "any.yaml", "data/all"),
    **{f"extract_{what}": ("exp/net", "data/all", "exp/net/all") for what in ("embeddings", "ivectors", "maps")},
}
TRAINING = {f"train_{what}": ("--train-config", "any.yaml", "data/all", "exp/net") for what in ("embedding", "ivector")}
ALL_STEPS = {**NJ_STEPS, **TRAINING, "compute_cmvn": ("data/all",)}


@pytest.fixture
def call(recipe_dir):
    """A recipe folder with files that are there and were never looked into: no step below comes that far."""
    files = [f"data/all/{name}" for name in ("wav.scp", "utt2spk", "spk2utt", "feats.scp", "utt2num_frames")]
    for name in (*files, "any.yaml", "exp/net/final.pt", "exp/net/all/embeddings.scp"):
        (recipe_dir / name).parent.mkdir(parents=True, exist_ok=True)
        (recipe_dir / name).write_text("s1-a s1\ns1-b s1\n")

    def refused(name: str, *arguments: str) -> str:
        before = sorted(recipe_dir.rglob("*"))
        result = subprocess.run([f"steps/{name}.sh", *arguments], cwd=recipe_dir, capture_output=True, text=True, check=False)
        assert result.returncode == 1 and sorted(recipe_dir.rglob("*")) == before
        return result.stderr

    refused.folder = recipe_dir
    return refused


@pytest.mark.parametrize("nj", ["0", "3", "1000", "-1", "many", "1.5", ""])
@pytest.mark.parametrize("name", NJ_STEPS)
def test_a_number_of_jobs_that_the_data_cannot_have_is_refused(call, name, nj):
    message = call(name, f"--nj={nj}", *NJ_STEPS[name])
    assert message.startswith(f"{name}.sh: --nj is a whole number from 1 to the 2 lines of data/all/")
    assert message.endswith(f", not '{nj}'\n")


@pytest.mark.parametrize("name", ALL_STEPS)
def test_a_data_directory_that_is_not_there_is_named_and_not_made(call, name):
    arguments = [argument.replace("data/all", "data/typo") for argument in ALL_STEPS[name]]
    assert call(name, *arguments).startswith(f"{name}.sh: cannot read data/typo/")


@pytest.mark.parametrize("name", ["make_feats", "compute_vad", *TRAINING])
def test_a_config_that_is_not_there_is_named(call, name):
    (call.folder / "any.yaml").unlink()
    assert call(name, *ALL_STEPS[name]) == f"{name}.sh: cannot read any.yaml\n"
