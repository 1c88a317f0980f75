"""steps/find_motifs.sh: dictionaries of training recordings, their motifs in other recordings, and what is missing."""

import subprocess
import sys
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).resolve().parents[1] / "motifs"))
sys.path.append(str(Path(__file__).resolve().parents[1] / "ground"))
from in_process import run_in_process
from toy_contours import write_data_dir

from cortado.config import load_config
from cortado.motifs.dictionary import MotifConfig

ROOT = Path(__file__).resolve().parents[2]
MOTIF, OTHER = [1, 2, 1, 2, 3], [-1, -1, -2, -1, -2]
TRAIN = {"a-1": [[9, *MOTIF, 8], [*MOTIF, 7], [6, *MOTIF]], "b-1": [[*OTHER, 8], [3, *OTHER], [*OTHER, 7]], "c-1": [[1, 2]]}
TEST = {"a-2": [[1, *OTHER, 2]], "b-2": [[*MOTIF, 4, *OTHER]], "c-2": [[2, 1]]}


@pytest.fixture
def recipe(recipe_dir) -> Path:
    write_data_dir(recipe_dir / "data/train", TRAIN)
    write_data_dir(recipe_dir / "data/test", TEST)
    (recipe_dir / "conf").symlink_to(ROOT / "conf")
    return recipe_dir


def find(recipe: Path, *arguments: str) -> subprocess.CompletedProcess:
    return subprocess.run(["steps/find_motifs.sh", *arguments], cwd=recipe, capture_output=True, text=True, check=False)


def lines_of(path: Path) -> list[list[str]]:
    return [line.split() for line in path.read_text().splitlines()[1:]]


def test_dictionaries_of_training_recordings_are_looked_up_in_every_test_recording(recipe):
    done = find(recipe, "data/train", "exp/motifs/train")
    assert done.returncode == 0, done.stderr
    assert lines_of(recipe / "exp/motifs/train/motifs") == [["a", "1,2,1,2,3", "3", "3"], ["b", "-1,-1,-2,-1,-2", "3", "3"]]
    assert "find_motifs.sh: no motif in 1 of 3 singers: c" in done.stdout and "find_motifs.sh: 2 motifs of 2 singers" in done.stdout
    refused = find(recipe, "--dictionary", "exp/motifs/train", "data/test", "exp/motifs/train")
    assert refused.returncode == 1 and "are the same folder" in refused.stderr
    looked_up = find(recipe, "--dictionary", "exp/motifs/train", "data/test", "exp/motifs/test")
    assert looked_up.returncode == 0, looked_up.stderr
    found = [line[:2] for line in lines_of(recipe / "exp/motifs/test/occurrences")]
    assert found == [["-1,-1,-2,-1,-2", "a-2"], ["1,2,1,2,3", "b-2"], ["-1,-1,-2,-1,-2", "b-2"]]  # whoever sings
    assert not (recipe / "exp/motifs/test/motifs").exists()
    assert (recipe / "exp/motifs/test/motifs.yaml").read_bytes() == (recipe / "exp/motifs/train/motifs.yaml").read_bytes()


def find_in_process(recipe: Path, *arguments: object) -> subprocess.CompletedProcess:
    return run_in_process(ROOT / "pyscripts/bin/find_motifs.py", *arguments, cwd=recipe)


def test_the_same_call_writes_the_same_bytes_and_settings_can_be_changed(recipe):
    for folder in ("one", "two"):
        assert find_in_process(recipe, "--set", "min_support=2", "conf/motifs.yaml", "data/train", folder).returncode == 0
    for name in ("motifs", "occurrences", "motifs.yaml"):
        assert (recipe / "one" / name).read_bytes() == (recipe / "two" / name).read_bytes()
    assert load_config(MotifConfig, recipe / "one/motifs.yaml") == MotifConfig(min_support=2)


@pytest.mark.parametrize(
    ("prepare", "data", "message"),
    [
        (lambda recipe: (recipe / "data/train/contour.scp").unlink(), "data/train", "no such file; steps/make_contours.sh makes it"),
        (
            lambda recipe: (recipe / "data/train/utt2spk").write_text("a-1 a\n"),
            "data/train",
            "has 2 recordings that utt2spk lacks: b-1, c-1",
        ),
        (lambda recipe: None, "data/test", "of 3 phrases of 3 recordings of 3 singers"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(recipe, prepare, data, message):
    prepare(recipe)
    refused = find_in_process(recipe, "--set", "min_length=12", "conf/motifs.yaml", data, "exp/motifs")
    assert refused.returncode == 1 and message in refused.stderr and not (recipe / "exp/motifs").exists()


def test_a_dictionary_none_of_which_occurs_is_an_error(recipe):
    assert find_in_process(recipe, "conf/motifs.yaml", "data/train", "motifs").returncode == 0
    write_data_dir(recipe / "data/other", {"d-1": [[1, 2, 1, 2]]})
    refused = find_in_process(recipe, "--dictionary", "motifs", "motifs/motifs.yaml", "data/other", "exp/motifs")
    assert refused.returncode == 1 and "none of the 2 motifs of motifs occurs in data/other" in refused.stderr
