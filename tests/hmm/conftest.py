"""The oracles of these tests, kaldi-hmm-gmm and Kaldi itself in processes of their own, and small trees and models to compare on."""

import sys
from pathlib import Path

import numpy as np
import pytest

from cortado.hmm.gmm import DiagGmms
from cortado.hmm.topology import Topology, make_topology
from cortado.hmm.transition_model import TransitionModel
from cortado.hmm.tree import PDF_CLASS, ConstantNode, Node, SplitNode, TableNode, Tree

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "oracles"))
from kaldi_libraries import kaldi_copy_program, run_kaldi_copy
from khg_env import OracleUnavailable, oracle_python, run_oracle

NUM_PHONES = 9  # of the triphone models: silence is 1


@pytest.fixture(scope="session")
def khg():
    """`khg("khg_gmm.py", x=frames)`: the arrays that this program of tests/oracles makes of these; see khg_env.py."""
    try:
        oracle_python()
    except OracleUnavailable as error:
        pytest.skip(str(error))
    return run_oracle


@pytest.fixture(scope="session")
def kaldi_copy():
    """`kaldi_copy("tree", path, binary, text)`: Kaldi reads a file and writes it twice; see kaldi_copy.cc."""
    try:
        kaldi_copy_program()
    except OracleUnavailable as error:
        pytest.skip(str(error))
    return run_kaldi_copy


@pytest.fixture(params=[False, True], ids=["chain", "skips"])
def topology(request) -> Topology:
    return make_topology(range(2, NUM_PHONES + 1), [1], 3, 5, skips=request.param)


@pytest.fixture
def triphone_tree(topology) -> Tree:
    """Silence without context; two phones in one root, whose states are told apart late; questions about either side for all others."""
    rng = np.random.default_rng(1)
    roots: list[Node | None] = [None, _table(topology.num_pdf_classes(1), lambda: ConstantNode(0))]
    roots += [None if phone in (2, 3) else _table(3, lambda: _grown(rng, depth=3)) for phone in range(2, NUM_PHONES + 1)]
    shared = SplitNode(0, frozenset({0, 1, 5}), _grown(rng, 1), _table(3, lambda: _grown(rng, 2)))
    return Tree(3, 1, _numbered(SplitNode(1, frozenset({2, 3}), shared, TableNode(1, tuple(roots)))))


@pytest.fixture
def transitions(triphone_tree, topology) -> TransitionModel:
    return TransitionModel.from_tree(triphone_tree, topology)


@pytest.fixture
def gmms(transitions) -> DiagGmms:
    """One to four Gaussians a pdf in 13 dimensions, of the scale of MFCC."""
    rng = np.random.default_rng(2)
    sizes = rng.integers(1, 5, transitions.num_pdfs)
    pdfs, shape = np.repeat(np.arange(len(sizes)), sizes), (sizes.sum(), 13)
    weights = rng.uniform(0.5, 1, len(pdfs))
    weights /= np.bincount(pdfs, weights)[pdfs]
    return DiagGmms(np.cumsum([0, *sizes]), weights, 10 * rng.normal(size=shape), rng.uniform(0.1, 30, shape))


def _table(size: int, make_child) -> TableNode:
    return TableNode(PDF_CLASS, tuple(make_child() for _ in range(size)))


def _grown(rng, depth: int) -> Node:
    if depth == 0 or rng.random() < 0.2:
        return ConstantNode(0)
    yes_set = rng.choice(NUM_PHONES + 1, rng.integers(1, 6), replace=False)  # 0, nothing beside the phone, among them
    return SplitNode(int(rng.choice([0, 2])), frozenset(yes_set.tolist()), _grown(rng, depth - 1), _grown(rng, depth - 1))


def _numbered(root: Node) -> Node:
    """The same tree with its leaves numbered in their order."""
    count = iter(range(1 << 20))

    def number(node: Node | None) -> Node | None:
        if isinstance(node, ConstantNode):
            return ConstantNode(next(count))
        if isinstance(node, SplitNode):
            return SplitNode(node.key, node.yes_set, number(node.yes), number(node.no))
        return node and TableNode(node.key, tuple(map(number, node.table)))

    return number(root)
