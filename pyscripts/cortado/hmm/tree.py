"""Which pdf a state has in which context: Kaldi's ContextDependency, file `tree` (kaldi/src/tree/context-dep.h, event-map.h).

A window is the phones around one: `context_width` of them, the phone itself at `central_position`, 0 beyond the ends of the utterance.
A tree is nodes that ask for one key of (window, pdf class): a position in the window, or PDF_CLASS.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Union

import numpy as np

from cortado.errors import CortadoError, DataError
from cortado.hmm.kaldi_io import KaldiReader, KaldiWriter, open_reader, write_file
from cortado.hmm.topology import Topology
from cortado.hmm.tree_walk import walk

PDF_CLASS = -1  # the key of the pdf class; others are positions in the window
_LARGEST_VALUE = 1_000_000  # of a phone or class in a question; a file that asks for more is damaged


@dataclass(frozen=True)
class ConstantNode:
    """A leaf."""

    pdf_id: int


@dataclass(frozen=True)
class SplitNode:
    """A question: whether the value of `key` is among `yes_set`."""

    key: int
    yes_set: frozenset[int]
    yes: "Node"
    no: "Node"


@dataclass(frozen=True)
class TableNode:
    """One branch for each value of `key`, from 0; None for values that do not occur."""

    key: int
    table: tuple[Union["Node", None], ...]


Node = Union[ConstantNode, SplitNode, TableNode]  # noqa: UP007 (the types name one another)


@dataclass(frozen=True)
class Tree:
    """`root` with the windows it is for."""

    context_width: int
    central_position: int
    root: Node

    def __post_init__(self):
        if not 0 <= self.central_position < self.context_width:
            raise CortadoError(f"tree: the central position {self.central_position} is not within {self.context_width} phones")
        for node in nodes(self.root):
            if not isinstance(node, ConstantNode) and not PDF_CLASS <= node.key < self.context_width:
                raise CortadoError(f"tree: a node asks for position {node.key} of {self.context_width} phones")

    @cached_property
    def num_pdfs(self) -> int:
        """One more than the greatest pdf id."""
        return 1 + max(node.pdf_id for node in nodes(self.root) if isinstance(node, ConstantNode))

    def pdf_ids(self, windows: np.ndarray, pdf_classes: np.ndarray) -> np.ndarray:
        """The pdf of each row. windows: (n, context_width) int, phones; pdf_classes: (n,) int. Returns (n,) int32.

        Raises CortadoError naming the first row for which the tree has no pdf.
        """
        keys = np.column_stack([windows, pdf_classes]).astype(np.int32, copy=False)  # PDF_CLASS, -1, is the last column
        if keys.shape[1] != self.context_width + 1:
            raise CortadoError(f"the tree looks at {self.context_width} phones, the windows have {keys.shape[1] - 1}")
        found = np.empty(len(keys), np.int32)
        walk(*self._flat, keys, found)
        if len(missing := np.flatnonzero(found < 0)):
            *window, pdf_class = keys[missing[0]].tolist()
            raise CortadoError(f"the tree has no pdf for the phones {window} (0: none) and pdf class {pdf_class}")
        return found

    @cached_property
    def _flat(self) -> tuple:
        return _flatten(self.root)

    def pdfs_of(self, phone: int, pdf_class: int) -> list[int]:
        """All pdfs that `pdf_class` of `phone` may have, whatever stands around it, ascending."""
        return sorted(set(_reachable(self.root, {self.central_position: phone, PDF_CLASS: pdf_class})))


def windows_of(phones: np.ndarray, context_width: int, central_position: int) -> np.ndarray:
    """(n, context_width): the window around each of the `phones` (n,) of an utterance."""
    padded = np.pad(phones, (central_position, context_width - 1 - central_position))
    return padded[np.arange(len(phones))[:, None] + np.arange(context_width)]


def nodes(root: Node) -> Iterator[Node]:
    """`root` and all nodes below it, in the order of the file."""
    yield root
    if isinstance(root, SplitNode):
        yield from nodes(root.yes)
        yield from nodes(root.no)
    elif isinstance(root, TableNode):
        for child in root.table:
            if child is not None:
                yield from nodes(child)


def monophone_tree(phone_sets: Sequence[Sequence[int]], topology: Topology, shared: Sequence[bool] | None = None) -> Tree:
    """The tree without context: phones of one set share their pdfs, a pdf for each class, or one in all where `shared` says so.

    Pdfs are numbered as Kaldi's gmm-init-mono numbers them.
    """
    return Tree(1, 0, stub(0, phone_sets, topology, shared or [False] * len(phone_sets)))


def stub(position: int, phone_sets: Sequence[Sequence[int]], topology: Topology, shared: Sequence[bool]) -> Node:
    """The nodes that tell the sets apart, at whose leaves a tree begins to grow: Kaldi's GetStubMap, the same nodes and numbers.

    `position` of the phone in the window; `shared`: for each set, whether all pdf classes have one leaf. Raises CortadoError for
    a phone in two sets.
    """
    phones = [phone for phone_set in phone_sets for phone in phone_set]
    if len(set(phones)) < len(phones) or not all(phone_sets):
        raise CortadoError("phone sets (roots) must not be empty, and no phone may be in two of them")
    num_classes = [1 if share else _num_pdf_classes(phone_set, topology) for phone_set, share in zip(phone_sets, shared, strict=True)]
    ends = np.cumsum(num_classes).tolist()
    roots = [
        ConstantNode(end - 1) if share else TableNode(PDF_CLASS, tuple(map(ConstantNode, range(end - count, end))))
        for end, count, share in zip(ends, num_classes, shared, strict=True)
    ]
    return _tell_apart(position, [frozenset(phone_set) for phone_set in phone_sets], roots)


def read_tree(path: str | Path) -> Tree:
    """The tree in a file, binary or text. Raises DataError."""
    reader = open_reader(path)
    reader.expect("ContextDependency")
    context_width, central_position = reader.int32(), reader.int32()
    reader.expect("ToPdf")
    try:
        root = _parse_node(reader)
        if root is None:
            reader.fail("the tree has no root")
        reader.expect("EndContextDependency")
        reader.expect_end()
        return Tree(context_width, central_position, root)
    except RecursionError:
        raise DataError(path, "its nodes are nested too deeply for a decision tree") from None
    except CortadoError as error:
        raise error if isinstance(error, DataError) else DataError(path, str(error)) from None


def write_tree(path: str | Path, tree: Tree, is_binary: bool = True) -> None:
    """Write the file `tree` of a model folder. Raises CortadoError."""
    writer = KaldiWriter(is_binary)
    writer.token("ContextDependency")
    writer.int32(tree.context_width, tree.central_position)
    writer.token("ToPdf")
    _put_node(writer, tree.root)
    writer.token("EndContextDependency")
    write_file(path, writer)


def _flatten(root: Node) -> tuple[int, np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """The tree as the arrays that `walk` takes."""
    asking = [node for node in nodes(root) if not isinstance(node, ConstantNode)]
    number_of = {id(node): number for number, node in enumerate(asking)}

    def number(node: Node | None) -> int:
        if node is None:
            return -1
        return -2 - node.pdf_id if isinstance(node, ConstantNode) else number_of[id(node)]

    branches, otherwise = [], []
    for node in asking:
        if isinstance(node, TableNode):
            branches.append(np.array([number(child) for child in node.table], np.int32))
            otherwise.append(-1)
        else:
            branches.append(_yes_no_table(node.yes_set, number(node.yes), number(node.no)))
            otherwise.append(number(node.no))
    sizes = np.array([len(table) for table in branches], np.int64)
    keys = np.array([node.key for node in asking], np.int32)
    flat = np.concatenate([np.empty(0, np.int32), *branches])
    return number(root), keys, np.cumsum(sizes) - sizes, sizes, np.array(otherwise, np.int32), flat


def _yes_no_table(yes_set: frozenset[int], yes: int, no: int) -> np.ndarray:
    table = np.full(max(yes_set, default=-1) + 1, no, np.int32)
    table[list(yes_set)] = yes
    return table


def _reachable(node: Node | None, known: dict[int, int]) -> Iterator[int]:
    """The pdfs below `node` where only the keys of `known` have values: Kaldi's MultiMap."""
    if isinstance(node, ConstantNode):
        yield node.pdf_id
    elif isinstance(node, SplitNode):
        value = known.get(node.key)
        if value is None or value in node.yes_set:
            yield from _reachable(node.yes, known)
        if value is None or value not in node.yes_set:
            yield from _reachable(node.no, known)
    elif isinstance(node, TableNode):
        value = known.get(node.key)
        branches = node.table if value is None else node.table[value : value + 1]
        for branch in branches:
            yield from _reachable(branch, known)


def _num_pdf_classes(phone_set: Sequence[int], topology: Topology) -> int:
    return max(topology.num_pdf_classes(phone) for phone in phone_set)


def _tell_apart(position: int, phone_sets: list[frozenset[int]], roots: list[Node]) -> Node:
    """A table where each set is one phone, otherwise a question for the first half of the sets."""
    if len(roots) == 1:
        return roots[0]
    if max(map(len, phone_sets)) == 1:
        root_of = {phone: root for phone_set, root in zip(phone_sets, roots, strict=True) for phone in phone_set}
        return TableNode(position, tuple(root_of.get(phone) for phone in range(max(root_of) + 1)))
    half = len(roots) // 2
    first = _tell_apart(position, phone_sets[:half], roots[:half])
    second = _tell_apart(position, phone_sets[half:], roots[half:])
    return SplitNode(position, frozenset().union(*phone_sets[:half]), first, second)


def _parse_node(reader: KaldiReader) -> Node | None:
    kind = reader.expect("CE", "SE", "TE", "NULL")
    if kind == "NULL":
        return None
    if kind == "CE":
        return ConstantNode(_parse_pdf_id(reader))
    key = reader.int32()
    if kind == "TE":
        size = reader.uint32()
        reader.expect("(")
        node = TableNode(key, tuple(_parse_node(reader) for _ in range(size)))
        reader.expect(")")
        return node
    yes_set = reader.int_vector()
    if len(yes_set) and not 0 <= yes_set.min() <= yes_set.max() <= _LARGEST_VALUE:
        reader.fail(f"a question asks for values from {yes_set.min()} to {yes_set.max()}")
    reader.expect("{")
    yes, no = _parse_node(reader), _parse_node(reader)
    reader.expect("}")
    if yes is None or no is None:
        reader.fail("a question needs both branches")
    return SplitNode(key, frozenset(yes_set.tolist()), yes, no)


def _parse_pdf_id(reader: KaldiReader) -> int:
    pdf_id = reader.int32()
    if pdf_id < 0:
        reader.fail(f"a pdf id cannot be {pdf_id}")
    return pdf_id


def _put_node(writer: KaldiWriter, node: Node | None) -> None:
    if node is None:
        writer.token("NULL")
    elif isinstance(node, ConstantNode):
        writer.token("CE")
        writer.int32(node.pdf_id)
    elif isinstance(node, TableNode):
        writer.token("TE")
        writer.int32(node.key)
        writer.uint32(len(node.table))
        _put_children(writer, "(", node.table, ")")
    else:
        writer.token("SE")
        writer.int32(node.key)
        writer.int_vector(sorted(node.yes_set))
        _put_children(writer, "{", (node.yes, node.no), "}")


def _put_children(writer: KaldiWriter, opening: str, children: Sequence[Node | None], closing: str) -> None:
    writer.token(opening)
    for child in children:
        _put_node(writer, child)
    writer.line(closing)
