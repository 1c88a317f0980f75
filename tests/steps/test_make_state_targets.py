"""steps/make_state_targets.sh: targets, their number of classes and priors out of alignments; what is left out, and what is refused."""

import importlib.util
import subprocess
import sys
from pathlib import Path

import kaldiio
import numpy as np
import pytest

from cortado.ark import open_table
from cortado.errors import CortadoError, DataError
from cortado.hmm.alignment import write_alignments
from cortado.hmm.gmm import DiagGmms
from cortado.hmm.model import write_model
from cortado.hmm.topology import make_topology
from cortado.hmm.transition_model import TransitionModel
from cortado.hmm.tree import monophone_tree

COMMAND = Path(__file__).resolve().parents[2] / "pyscripts/bin/make_state_targets.py"


@pytest.fixture
def transitions() -> TransitionModel:
    topology = make_topology([2, 3], [1], 3, 5)
    return TransitionModel.from_tree(monophone_tree([[1], [2], [3]], topology), topology)


@pytest.fixture
def alignments(transitions) -> dict[str, np.ndarray]:
    """Of a and b, which fit their 10 and 12 video frames, and of c, which has 20."""
    rng = np.random.default_rng(0)
    return {utterance: rng.integers(1, transitions.num_tids + 1, n).astype(np.int32) for utterance, n in (("b", 46), ("a", 38), ("c", 50))}


@pytest.fixture
def recipe(recipe_dir, transitions, alignments) -> Path:
    """exp/ali with the alignments; data/all with a, b, c, and d, which has none."""
    ali, data = recipe_dir / "exp/ali", recipe_dir / "data/all"
    ali.mkdir(parents=True)
    data.mkdir(parents=True)
    num_pdfs = transitions.num_pdfs
    gmms = DiagGmms(np.arange(num_pdfs + 1), np.ones(num_pdfs), np.zeros((num_pdfs, 1)), np.ones((num_pdfs, 1)))
    write_model(ali / "final.mdl", transitions, gmms)
    write_alignments(ali / "ali.1.gz", alignments)
    (ali / "num_jobs").write_text("1\n")
    (data / "utt2spk").write_text("".join(f"{utterance} s\n" for utterance in "abcd"))
    (data / "utt2num_lips").write_text("a 10\nb 12\nc 20\nd 10\n")
    return recipe_dir


def run_command(monkeypatch, *arguments: str) -> None:
    spec = importlib.util.spec_from_file_location("make_state_targets", COMMAND)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    monkeypatch.setattr(sys, "argv", [COMMAND.name, *arguments])
    module.main()


def test_targets_are_the_pdfs_of_the_alignment_at_the_networks_rate(recipe, transitions, alignments):
    step = ["steps/make_state_targets.sh", "--max-left-out", "2", "data/all", "exp/ali", "exp/targets"]
    done = subprocess.run(step, cwd=recipe, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stderr
    assert f"targets of 2 utterances in exp/targets, {transitions.num_pdfs} classes; 2 are left out" in done.stdout
    found = dict(open_table(f"ark:{recipe}/exp/targets/targets.ark"))
    assert list(found) == ["a", "b"]
    for utterance, num_video_frames in (("a", 10), ("b", 12)):
        pdfs = transitions.tid_to_pdf[alignments[utterance]]
        places = np.clip(np.arange(4 * num_video_frames) - 1, 0, len(pdfs) - 1)
        np.testing.assert_array_equal(found[utterance], pdfs[places])
    counts = np.bincount(np.concatenate(list(found.values())), minlength=transitions.num_pdfs)
    priors = kaldiio.load_mat(str(recipe / "exp/targets/priors"))
    np.testing.assert_allclose(np.exp(priors), np.maximum(counts, 1) / np.maximum(counts, 1).sum(), rtol=1e-5)
    assert (recipe / "exp/targets/num_classes").read_text() == f"{transitions.num_pdfs}\n"
    reasons = (recipe / "exp/targets/left_out").read_text().splitlines()
    assert reasons[0].startswith("c utterance c: the alignment has 50 frames, but 20 video frames")
    assert reasons[1] == "d has no alignment in exp/ali"


def test_utterances_without_targets_are_refused_unless_they_are_accepted(recipe, monkeypatch):
    monkeypatch.chdir(recipe)
    with pytest.raises(
        CortadoError, match=r"2 of 4 utterances have no targets; utterance c: the alignment has 50 frames.*--max-left-out 2"
    ):
        run_command(monkeypatch, "--max-left-out", "1", "data/all", "exp/ali", "exp/targets")
    assert not (recipe / "exp/targets").exists()


@pytest.mark.parametrize(
    ("lengths", "message"), [("a 10\nb 12\nc 20\n", "no line for utterance d"), ("a 10\nb x\nc 2\nd 1\n", "lips:2: b: expected")]
)
def test_lengths_that_are_missing_or_no_numbers_are_named(recipe, monkeypatch, lengths, message):
    monkeypatch.chdir(recipe)
    (recipe / "data/all/utt2num_lips").write_text(lengths)
    with pytest.raises(DataError, match=message):
        run_command(monkeypatch, "data/all", "exp/ali", "exp/targets")


def test_an_alignment_of_another_model_is_refused(recipe, transitions, monkeypatch):
    monkeypatch.chdir(recipe)
    write_alignments(recipe / "exp/ali/ali.1.gz", {"a": np.full(38, transitions.num_tids + 1, np.int32)})
    with pytest.raises(CortadoError, match=r"utterance a: .* it was made with another model"):
        run_command(monkeypatch, "data/all", "exp/ali", "exp/targets")
