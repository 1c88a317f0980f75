"""Kaldi's own code reads our files and writes them again: the same bytes; and it converts alignments to the same transition ids."""

import re
from pathlib import Path

import numpy as np
import pytest

from cortado.hmm.alignment import convert_alignment
from cortado.hmm.model import read_model, write_model
from cortado.hmm.topology import read_topology, write_topology
from cortado.hmm.transition_model import TransitionModel
from cortado.hmm.tree import monophone_tree, read_tree, write_tree


@pytest.fixture
def files(topology, triphone_tree, transitions, gmms, tmp_path) -> Path:
    """topo, tree and model of the triphone model, binary and (with .txt) text."""
    for suffix, is_binary in (("", True), (".txt", False)):
        write_topology(tmp_path / f"topo{suffix}", topology, is_binary)
        write_tree(tmp_path / f"tree{suffix}", triphone_tree, is_binary)
        write_model(tmp_path / f"model{suffix}", transitions, gmms, is_binary)
    return tmp_path


@pytest.mark.parametrize("kind", ["topo", "tree", "model"])
def test_kaldi_writes_the_same_bytes_from_our_binary_files(kaldi_copy, files, kind):
    kaldi_copy(kind, files / kind, files / "binary", files / "text")
    assert (files / "binary").read_bytes() == (files / kind).read_bytes()


@pytest.mark.parametrize("kind", ["topo", "tree"])
def test_kaldi_reads_and_writes_our_text_files(kaldi_copy, files, kind):
    kaldi_copy(kind, files / f"{kind}.txt", files / "binary", files / "text")
    assert (files / "binary").read_bytes() == (files / kind).read_bytes()
    assert (files / "text").read_bytes() == (files / f"{kind}.txt").read_bytes()


def test_kaldi_reads_a_model_in_text_without_loss_and_lays_its_own_out_alike(kaldi_copy, files):
    kaldi_copy("model", files / "model.txt", files / "binary", files / "text")
    assert (files / "binary").read_bytes() == (files / "model").read_bytes()
    assert without_numbers(files / "text") == without_numbers(files / "model.txt")


def test_we_read_the_text_that_kaldi_writes(kaldi_copy, files, topology, triphone_tree):
    for kind in ("topo", "tree", "model"):
        kaldi_copy(kind, files / kind, files / "binary", files / f"{kind}.kaldi")
    assert read_tree(files / "tree.kaldi") == triphone_tree
    assert read_topology(files / "topo.kaldi") == read_topology(files / "topo.txt")
    ours, kaldis = read_model(files / "model")[1], read_model(files / "model.kaldi")[1]  # Kaldi's has seven digits
    np.testing.assert_allclose(kaldis.means, ours.means, rtol=3e-6)
    np.testing.assert_allclose(kaldis.variances, ours.variances, rtol=3e-6)


@pytest.mark.parametrize("reordered", [True, False])
def test_conversion_of_alignments_is_kaldis(kaldi_copy, files, topology, transitions, triphone_tree, gmms, reordered):
    tree = monophone_tree([[phone] for phone in topology.phones], topology)
    monophone = TransitionModel.from_tree(tree, topology)
    write_model(files / "mono", monophone, gmms)
    alignments = [draw_alignment(monophone, seed, reordered) for seed in range(10)]
    lines = "".join(" ".join(map(str, tids.tolist())) + "\n" for tids in alignments)
    converted = kaldi_copy("convert", files / "mono", files / "model", files / "tree", str(int(reordered)), stdin=lines)
    for tids, line in zip(alignments, converted.splitlines(), strict=True):
        assert convert_alignment(tids, monophone, transitions, triphone_tree).tolist() == list(map(int, line.split()))


def draw_alignment(transitions: TransitionModel, seed: int, reordered: bool) -> np.ndarray:
    """A random path through 20 phones."""
    rng, tids = np.random.default_rng(seed), []
    for phone in rng.choice(transitions.topology.phones, 20):
        hmm_state = 0
        while hmm_state < len(transitions.topology.entry(phone)) - 1:
            row = np.flatnonzero((transitions.phones == phone) & (transitions.hmm_states == hmm_state))[0]
            out = [tid for tid in range(*transitions.first_tid[row : row + 2]) if not transitions.tid_is_self_loop[tid]]
            leaving, loops = int(rng.choice(out)), [int(transitions.self_loop_tid(row))] * int(rng.integers(0, 4))
            tids += [leaving, *loops] if reordered else [*loops, leaving]
            hmm_state = transitions.tid_to_next_hmm_state[leaving]
    return np.array(tids, np.int32)


def without_numbers(path: Path) -> str:
    """The text with all its white space, each number replaced by 0."""
    return re.sub(r"-?\d[\d.e+-]*", "0", path.read_text())
