"""A decision tree as text: how large it is, what it asks for a phone, and why a state in context has its pdf."""

from collections import Counter
from collections.abc import Callable, Iterator
from functools import cached_property

import numpy as np

from cortado.errors import ConfigError, CortadoError
from cortado.hmm.tree import PDF_CLASS, ConstantNode, Node, SplitNode, TableNode, Tree, nodes

PhoneName = Callable[[int], str]


class TreeDisplay:
    """`tree` with its phones by name; `phone_name(0)` is how the absence of a phone is written."""

    def __init__(self, tree: Tree, phone_name: PhoneName):
        self.tree, self._name = tree, phone_name

    def summary(self) -> Iterator[str]:
        """What it is and what it asks for."""
        tree = self.tree
        asked = Counter(self._key_name(node.key) for node in nodes(tree.root) if isinstance(node, SplitNode))
        counts = ", ".join(f"{count:,} about {key}" for key, count in sorted(asked.items()))
        yield f"windows    {tree.context_width} phones, the central one at {tree.central_position}"
        yield f"pdfs       {tree.num_pdfs:,}"
        yield f"questions  {asked.total():,}{': ' + counts if counts else ''}; at most {_depth(tree.root)} one after another"

    def pdf_counts(self, phones: list[int]) -> list[tuple[str, ...]]:
        """Rows (phones, pdfs, pdfs of each class), a header first. Phones that share all pdfs share a row."""
        rows: dict[tuple, list[str]] = {}
        for phone in phones:
            pdfs = tuple(tuple(self.tree.pdfs_of(phone, pdf_class)) for pdf_class in self._classes(phone))
            rows.setdefault(pdfs, []).append(self._name(phone))
        header = ("phones", "pdfs", "by class")
        return [
            header,
            *((" ".join(names), str(len(set().union(*pdfs))), " ".join(str(len(each)) for each in pdfs)) for pdfs, names in rows.items()),
        ]

    def outline(self, phone: int) -> Iterator[str]:
        """All questions that are asked about `phone`, each with its answers below it. Raises CortadoError where it has no pdf."""
        for pdf_class in self._require_classes(phone):
            yield f"{self._name(phone)}, class {pdf_class}"
            yield from self._lines(self.tree.root, {self.tree.central_position: phone, PDF_CLASS: pdf_class}, "  ", "")

    def reasons(self, window: list[int]) -> Iterator[str]:
        """The pdf of each class of a phone in its window, and the answers that led there. Raises CortadoError where it has none."""
        for pdf_class in self._require_classes(window[self.tree.central_position]):
            (pdf_id,) = self.tree.pdf_ids(np.array([window]), np.array([pdf_class]))
            yield f"class {pdf_class}: pdf {pdf_id}"
            yield from self._answers(window, pdf_class)

    def window(self, triphone: str, number_of: Callable[[str], int]) -> list[int]:
        """The window that 'a-b+c' means (b after a, before c; either may be left out). Raises ConfigError for a wider window."""
        left, dash, rest = triphone.rpartition("-")
        phone, plus, right = rest.partition("+")
        around = {-1: left if dash else None, 0: phone, 1: right if plus else None}
        offsets = [position - self.tree.central_position for position in range(self.tree.context_width)]
        if not set(offsets) <= around.keys():
            raise ConfigError(f"the tree looks at {self.tree.context_width} phones, more than a triphone has")
        return [number_of(around[offset]) if around[offset] else 0 for offset in offsets]

    @cached_property
    def _num_classes(self) -> int:
        tables = [len(node.table) for node in nodes(self.tree.root) if isinstance(node, TableNode) and node.key == PDF_CLASS]
        return max(tables, default=1)

    def _classes(self, phone: int) -> list[int]:
        """The pdf classes for which `phone` has pdfs; the first alone where they all have the same."""
        pdfs = {pdf_class: self.tree.pdfs_of(phone, pdf_class) for pdf_class in range(self._num_classes)}
        present = [pdf_class for pdf_class, found in pdfs.items() if found]
        return present[:1] if len({tuple(pdfs[pdf_class]) for pdf_class in present}) == 1 else present

    def _require_classes(self, phone: int) -> list[int]:
        if classes := self._classes(phone):
            return classes
        raise CortadoError(f"the tree has no pdf for {self._name(phone)}")

    def _answers(self, window: list[int], pdf_class: int) -> Iterator[str]:
        values = dict(enumerate(window)) | {PDF_CLASS: pdf_class}
        node = self.tree.root
        while not isinstance(node, ConstantNode):
            if isinstance(node, SplitNode):
                answer = values[node.key] in node.yes_set
                yield f"  {self._question(node)} {'yes' if answer else 'no'}"
                node = node.yes if answer else node.no
            else:
                node = node.table[values[node.key]]

    def _lines(self, node: Node | None, known: dict[int, int], indent: str, answer: str) -> Iterator[str]:
        node = _follow(node, known)
        if node is None:
            yield f"{indent}{answer}no pdf"
        elif isinstance(node, ConstantNode):
            yield f"{indent}{answer}pdf {node.pdf_id}"
        elif isinstance(node, SplitNode):
            yield f"{indent}{answer}{self._question(node)}"
            yield from self._lines(node.yes, known, indent + "  ", "yes: ")
            yield from self._lines(node.no, known, indent + "  ", "no: ")
        else:
            yield f"{indent}{answer}which {self._key_name(node.key)}?"
            for value, child in enumerate(node.table):
                if child is not None:
                    yield from self._lines(child, known, indent + "  ", f"{self._value_name(node.key, value)}: ")

    def _question(self, node: SplitNode) -> str:
        return f"{self._key_name(node.key)} in {{{' '.join(self._value_name(node.key, value) for value in sorted(node.yes_set))}}}?"

    def _value_name(self, key: int, value: int) -> str:
        return str(value) if key == PDF_CLASS else self._name(value)

    def _key_name(self, key: int) -> str:
        offset = key - self.tree.central_position
        if key == PDF_CLASS:
            return "class"
        if offset == 0:
            return "phone"
        return ("left" if offset < 0 else "right") + (f" {abs(offset)}" if abs(offset) > 1 else "")


def _follow(node: Node | None, known: dict[int, int]) -> Node | None:
    """The first node, from `node` down, that does not ask for what is known."""
    while node is not None and not isinstance(node, ConstantNode) and node.key in known:
        value = known[node.key]
        if isinstance(node, SplitNode):
            node = node.yes if value in node.yes_set else node.no
        else:
            node = node.table[value] if value < len(node.table) else None
    return node


def _depth(node: Node) -> int:
    """The most questions (not tables) from `node` to a leaf."""
    if isinstance(node, SplitNode):
        return 1 + max(_depth(node.yes), _depth(node.no))
    if isinstance(node, TableNode):
        return max((_depth(child) for child in node.table if child is not None), default=0)
    return 0
