"""utils/show_tree.py, and the command that it starts, on a tree drawn by hand."""

import subprocess
import sys
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parents[1] / "ground"))
from in_process import run_in_process

from cortado.hmm.tree import ConstantNode, SplitNode, TableNode, Tree, write_tree

ROOT = Path(__file__).resolve().parents[2]
SUMMARY = """windows    3 phones, the central one at 1
pdfs       5
questions  3: 1 about left, 1 about phone, 1 about right; at most 3 one after another

phones  pdfs  by class
SIL        1         1
AA AE      4       3 1
B          0
"""
OUTLINE = """AA, class 0
  left in {<eps> SIL}?
    yes: pdf 1
    no: right in {B}?
      yes: pdf 2
      no: pdf 3
AA, class 1
  pdf 4
"""
TRIPHONE = """class 0: pdf 2
  phone in {AA AE}? yes
  left in {<eps> SIL}? no
  right in {B}? yes
class 1: pdf 4
  phone in {AA AE}? yes
"""


@pytest.fixture
def folder(tmp_path) -> Path:
    """SIL has one pdf, AA and AE share a root; B is not in the tree."""
    vowel = SplitNode(0, frozenset({0, 1}), ConstantNode(1), SplitNode(2, frozenset({4}), ConstantNode(2), ConstantNode(3)))
    shared = TableNode(-1, (vowel, ConstantNode(4)))
    root = SplitNode(1, frozenset({2, 3}), shared, TableNode(1, (None, ConstantNode(0))))
    write_tree(tmp_path / "tree", Tree(3, 1, root))
    (tmp_path / "phones.txt").write_text("<eps> 0\nSIL 1\nAA 2\nAE 3\nB 4\n#0 5\n#1 6\n")
    return tmp_path


def show(*arguments: str | Path) -> subprocess.CompletedProcess:
    return run_in_process(ROOT / "pyscripts/bin/show_tree.py", *arguments)


def test_without_options_the_size_and_the_pdfs_of_each_phone(folder):
    as_users_do = subprocess.run([sys.executable, ROOT / "utils/show_tree.py", folder, folder], capture_output=True, text=True)
    assert as_users_do.stdout == SUMMARY
    assert show(folder / "phones.txt", folder / "tree").stdout == SUMMARY


def test_the_questions_about_one_phone(folder):
    assert show("--phone", "AA", folder, folder).stdout == OUTLINE


@pytest.mark.parametrize(("triphone", "pdfs"), [("AA+B", [1, 4]), ("AE-AA", [3, 4]), ("SIL", [0])])
def test_neighbours_of_a_triphone_may_be_left_out(folder, triphone, pdfs):
    lines = show("--triphone", triphone, folder, folder).stdout.splitlines()
    assert [int(line.split()[-1]) for line in lines if line.startswith("class")] == pdfs


def test_a_triphone_is_shown_with_the_answers(folder):
    assert show("--triphone", "AE-AA+B", folder, folder).stdout == TRIPHONE


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--phone", "B"], "show_tree.py: the tree has no pdf for B"),
        (["--triphone", "AA-B+AA"], "show_tree.py: the tree has no pdf for B"),
        (["--phone", "Q"], "has no symbol Q"),
        (["--triphone", "Q-AA"], "has no symbol Q"),
    ],
)
def test_a_phone_that_is_not_there_is_named(folder, arguments, message):
    done = show(*arguments, folder, folder)
    assert done.returncode == 1 and message in done.stderr and len(done.stderr.splitlines()) == 1


def test_a_tree_of_more_phones_has_no_triphones(folder):
    write_tree(folder / "tree", Tree(5, 2, ConstantNode(0)))
    assert "looks at 5 phones" in show("--triphone", "AA-B+AA", folder, folder).stderr
