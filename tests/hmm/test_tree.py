"""Trees: the bytes and the pdfs that kaldi-hmm-gmm has for the same tree, and the tree without context that it makes."""

import itertools
import os

import numpy as np
import pytest

from cortado.errors import CortadoError, DataError
from cortado.hmm.topology import make_topology, write_topology
from cortado.hmm.transition_model import TransitionModel
from cortado.hmm.tree import ConstantNode, SplitNode, TableNode, Tree, monophone_tree, nodes, read_tree, windows_of, write_tree


def all_questions(topology) -> tuple[np.ndarray, np.ndarray]:
    """Every window of three phones, the outer ones also absent, with every pdf class."""
    phones = topology.phones
    rows = [
        (left, phone, right, pdf_class)
        for left, phone, right in itertools.product([0, *phones], phones, [0, *phones])
        for pdf_class in range(topology.num_pdf_classes(phone))
    ]
    table = np.array(rows)
    return table[:, :3], table[:, 3]


@pytest.fixture
def oracle(khg, topology, triphone_tree, tmp_path):
    """What kaldi-hmm-gmm makes of the tree in the bytes that we wrote."""
    write_topology(tmp_path / "topo", topology)
    write_tree(tmp_path / "tree", triphone_tree)
    windows, pdf_classes = all_questions(topology)
    topo, tree = (np.frombuffer((tmp_path / name).read_bytes(), np.uint8) for name in ("topo", "tree"))
    counts = np.zeros(TransitionModel.from_tree(triphone_tree, topology).num_tids + 1)
    return khg("khg_objects.py", topo=topo, tree=tree[2:], windows=windows, pdf_classes=pdf_classes, counts=counts)


def test_the_same_tree_gives_the_same_bytes_in_binary_and_text(oracle, triphone_tree, tmp_path):
    for name, is_binary in (("tree_binary", True), ("tree_text", False)):
        write_tree(tmp_path / name, triphone_tree, is_binary)
        assert (tmp_path / name).read_bytes() == oracle[name].tobytes()
        assert read_tree(tmp_path / name) == triphone_tree


def test_every_window_and_pdf_class_has_the_same_pdf(oracle, topology, triphone_tree):
    np.testing.assert_array_equal(triphone_tree.pdf_ids(*all_questions(topology)), oracle["pdf_ids"])
    assert len(np.unique(oracle["pdf_ids"])) > 30  # the tree asks enough to be wrong about


def test_pdfs_of_a_phone_are_those_that_some_window_has(topology, triphone_tree):
    windows, pdf_classes = all_questions(topology)
    pdfs = triphone_tree.pdf_ids(windows, pdf_classes)
    for phone in topology.phones:
        for pdf_class in range(topology.num_pdf_classes(phone)):
            seen = set(pdfs[(windows[:, 1] == phone) & (pdf_classes == pdf_class)].tolist())
            assert seen <= set(triphone_tree.pdfs_of(phone, pdf_class))  # some leaves contradict the questions above them, as Kaldi allows


@pytest.mark.parametrize("sizes", [[1] * 6, [1, 2, 3], [2, 2, 2], [1, 1, 3, 1], [6], [4, 1, 1]])
def test_monophone_tree_has_the_bytes_of_kaldis(khg, sizes, tmp_path):
    phones = np.array([1, 4, 2, 3, 5, 7])
    phone_sets = [sorted(part.tolist()) for part in np.split(phones, np.cumsum(sizes)[:-1])]
    topology = make_topology([2, 3, 4, 5, 7], [1])
    num_classes = np.array([topology.num_pdf_classes(phone) if phone in phones else -1 for phone in range(8)])
    given = {"phones": np.concatenate(phone_sets), "set_sizes": np.array(sizes), "phone_to_num_classes": num_classes}
    write_tree(tmp_path / "tree", monophone_tree(phone_sets, topology))
    assert (tmp_path / "tree").read_bytes() == khg("khg_monophone.py", **given)["tree"].tobytes()


def test_shared_roots_have_one_pdf_for_all_states():
    tree = monophone_tree([[1], [2, 3]], make_topology([2, 3], [1]), shared=[True, False])
    np.testing.assert_array_equal(tree.pdf_ids(np.array([[1], [1], [2], [3]]), np.array([0, 4, 2, 2])), [0, 0, 3, 3])
    assert tree.num_pdfs == 4


def test_windows_are_those_around_each_phone():
    phones = np.array([5, 6, 7])
    np.testing.assert_array_equal(windows_of(phones, 3, 1), [[0, 5, 6], [5, 6, 7], [6, 7, 0]])
    np.testing.assert_array_equal(windows_of(phones, 2, 1), [[0, 5], [5, 6], [6, 7]])
    np.testing.assert_array_equal(windows_of(phones, 1, 0), [[5], [6], [7]])
    assert windows_of(phones[:0], 3, 1).shape == (0, 3)


def test_a_phone_without_pdf_is_named():
    tree = monophone_tree([[1], [2], [4]], make_topology([2, 3, 4], [1]))
    for phone, pdf_class in ((3, 0), (9, 0), (2, 3)):
        with pytest.raises(CortadoError, match=rf"no pdf for the phones \[{phone}\] .* pdf class {pdf_class}"):
            tree.pdf_ids(np.array([[1], [phone]]), np.array([0, pdf_class]))
    with pytest.raises(CortadoError, match="looks at 1 phones, the windows have 3"):
        tree.pdf_ids(np.ones((2, 3), int), np.zeros(2, int))


def test_phones_in_two_roots_are_refused():
    with pytest.raises(CortadoError, match="no phone may be in two"):
        monophone_tree([[1], [2, 1]], make_topology([2], [1]))


def test_a_tree_file_cut_anywhere_is_an_error_with_file_and_place(triphone_tree, tmp_path):
    for is_binary in (True, False):
        write_tree(tmp_path / "tree", triphone_tree, is_binary)
        data = (tmp_path / "tree").read_bytes()
        for cut in range(len(data.rstrip()) - 1, -1, -13):  # in text, the last space may be missing
            os.truncate(tmp_path / "tree", cut)
            with pytest.raises(DataError, match=r"tree(: byte \d+|:\d+): "):
                read_tree(tmp_path / "tree")


def test_a_flipped_bit_gives_another_tree_or_a_dataerror_and_nothing_else(triphone_tree, tmp_path):
    write_tree(tmp_path / "tree", triphone_tree)
    data, errors = (tmp_path / "tree").read_bytes(), 0
    with open(tmp_path / "tree", "r+b", buffering=0) as file:
        for bit in range(0, 8 * len(data), 61):
            os.pwrite(file.fileno(), bytes([data[bit // 8] ^ 1 << bit % 8]), bit // 8)
            try:
                read_tree(tmp_path / "tree")
            except DataError:
                errors += 1
            os.pwrite(file.fileno(), data[bit // 8 : bit // 8 + 1], bit // 8)
    assert errors > 50


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("<TransitionModel> ", "tree:1: expected ContextDependency, found <TransitionModel>"),
        ("ContextDependency 3 1 ToPdf CE 0 EndContextDependency more", "the file goes on"),
        ("ContextDependency 3 3 ToPdf CE 0 EndContextDependency", "central position 3 is not within 3"),
        ("ContextDependency 3 1 ToPdf NULL EndContextDependency", "no root"),
        ("ContextDependency 3 1 ToPdf\nCE -1 EndContextDependency", "tree:2: a pdf id cannot be -1"),
        ("ContextDependency 3 1 ToPdf SE 3 [ 1 ]\n{ CE 0 CE 1 } EndContextDependency", "position 3 of 3 phones"),
        ("ContextDependency 3 1 ToPdf SE 0 [ 1 ]\n{ CE 0 NULL } EndContextDependency", "needs both branches"),
        ("ContextDependency 3 1 ToPdf " + "SE 0 [ 1 ]\n{ " * 5000, "nested too deeply"),
        ("", "the file ends"),
    ],
)
def test_what_is_no_tree_is_said_to_be_none(tmp_path, text, reason):
    (tmp_path / "tree").write_text(text)
    with pytest.raises(DataError, match=reason):
        read_tree(tmp_path / "tree")


def test_nodes_come_in_the_order_of_the_file():
    root = SplitNode(0, frozenset({1}), ConstantNode(0), TableNode(-1, (None, ConstantNode(1))))
    assert list(nodes(root)) == [root, ConstantNode(0), root.no, ConstantNode(1)]
    assert Tree(1, 0, root).num_pdfs == 2
