"""Growing a decision tree over phones in context: greedily, the question that gains most likelihood first (Young et al. 1994).

It begins at the roots of the lang, as Kaldi's build-tree does. Kaldi's last step, merging leaves that are alike, is left out: a tree
has as many leaves as were asked for where the data suffice.
"""

import heapq
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from cortado.hmm.topology import Topology
from cortado.hmm.tree import PDF_CLASS, ConstantNode, Node, SplitNode, TableNode, Tree, stub
from cortado.hmm.tree_stats import TreeStats, log_likelihood
from cortado.lang.files import Root

CONTEXT_WIDTH, CENTRAL_POSITION = 3, 1


class Split(NamedTuple):
    """A question for a leaf: whether the value of `key` is in `yes_set`. `gain` in log-likelihood; `yes`: of each event there."""

    gain: float
    key: int
    yes_set: frozenset[int]
    yes: np.ndarray


def build_tree(
    stats: TreeStats,
    questions: Sequence[frozenset[int]],
    roots: Sequence[Root],
    topology: Topology,
    num_leaves: int,
    min_count: float,
    min_gain: float,
) -> Tree:
    """A tree of phones in triples with `num_leaves` leaves, fewer where no split gains `min_gain` with `min_count` frames on both sides.

    It never has fewer leaves than roots. Raises CortadoError for roots that share a phone.
    """
    stem = stub(CENTRAL_POSITION, [root.phones for root in roots], topology, [root.shared for root in roots])
    leaf_of_event = Tree(CONTEXT_WIDTH, CENTRAL_POSITION, stem).pdf_ids(stats.events[:, :-1], stats.events[:, -1])
    may_split = np.repeat([root.split for root in roots], [_num_leaves(root, topology) for root in roots])
    growth = _Growth(stats, _Questions(stats, questions), min_count, min_gain)
    for leaf, splittable in enumerate(may_split.tolist()):
        growth.add(np.flatnonzero(leaf_of_event == leaf), splittable)
    growth.grow(num_leaves)
    return Tree(CONTEXT_WIDTH, CENTRAL_POSITION, growth.graft(stem))


def leaf_statistics(tree: Tree, stats: TreeStats) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """counts (num_pdfs,), sums and squares (num_pdfs, D) of the frames that arrive at each leaf."""
    pdfs = tree.pdf_ids(stats.events[:, :-1], stats.events[:, -1])
    of_leaf = tuple(np.zeros((tree.num_pdfs, *column.shape[1:])) for column in (stats.counts, stats.sums, stats.squares))
    for total, column in zip(of_leaf, (stats.counts, stats.sums, stats.squares), strict=True):
        np.add.at(total, pdfs, column)
    return of_leaf


def _num_leaves(root: Root, topology: Topology) -> int:
    return 1 if root.shared else max(topology.num_pdf_classes(phone) for phone in root.phones)


class _Questions:
    """The answers of all events to all questions, key by key."""

    def __init__(self, stats: TreeStats, phone_sets: Sequence[frozenset[int]]):
        classes = [frozenset(range(end)) for end in range(1, int(stats.events[:, PDF_CLASS].max()) + 1)]
        self.sets = {key: list(phone_sets) for key in range(CONTEXT_WIDTH)} | {PDF_CLASS: classes}
        self.answers = {key: [np.isin(stats.events[:, key], list(values)) for values in sets] for key, sets in self.sets.items()}
        self.answers = {key: np.array(answers, bool).reshape(-1, len(stats.events)) for key, answers in self.answers.items()}


class _Growth:
    """Leaves as the rows of `stats` that arrive at them, and the splits made so far. The first leaves are those of the stem."""

    def __init__(self, stats: TreeStats, questions: _Questions, min_count: float, min_gain: float):
        self._stats, self._questions, self._min_count, self._min_gain = stats, questions, min_count, min_gain
        self._rows: list[np.ndarray] = []
        self._children: dict[int, tuple[Split, int, int]] = {}
        self._queue: list[tuple[float, int, Split]] = []

    def add(self, rows: np.ndarray, splittable: bool) -> int:
        """A new leaf; its number."""
        leaf = len(self._rows)
        self._rows.append(rows)
        if splittable and (split := self._best_split(rows)) is not None:
            heapq.heappush(self._queue, (-split.gain, leaf, split))
        return leaf

    def grow(self, num_leaves: int) -> None:
        """Make the best splits until there are so many leaves, or none is left that gains enough."""
        for _ in range(num_leaves - len(self._rows)):  # each split makes one more
            if not self._queue:
                return
            _, leaf, split = heapq.heappop(self._queue)
            yes, no = (self.add(self._rows[leaf][answer], True) for answer in (split.yes, ~split.yes))
            self._children[leaf] = split, yes, no

    def graft(self, stem: Node) -> Node:
        """The stem with what has grown on its leaves; pdfs are numbered in the order of the leaves."""
        numbers = iter(range(len(self._rows)))

        def place(node: Node | None) -> Node | None:
            if isinstance(node, ConstantNode):
                return grown(node.pdf_id)
            if isinstance(node, SplitNode):
                return SplitNode(node.key, node.yes_set, place(node.yes), place(node.no))
            return None if node is None else TableNode(node.key, tuple(map(place, node.table)))

        def grown(leaf: int) -> Node:
            if leaf not in self._children:
                return ConstantNode(next(numbers))
            split, yes, no = self._children[leaf]
            return SplitNode(split.key, split.yes_set, grown(yes), grown(no))

        return place(stem)

    def _best_split(self, rows: np.ndarray) -> Split | None:
        """Of those that gain enough and leave enough frames on both sides; the first of equals."""
        columns = [column[rows] for column in (self._stats.counts, self._stats.sums, self._stats.squares)]
        totals = [column.sum(0) for column in columns]
        best = None
        for key, answers in self._questions.answers.items():
            if not len(answers):
                continue
            yes = [answers[:, rows].astype(np.float64) @ column for column in columns]
            no = [total - part for total, part in zip(totals, yes, strict=True)]
            gains = log_likelihood(*yes) + log_likelihood(*no) - log_likelihood(*totals)
            gains[np.minimum(yes[0], no[0]) < self._min_count] = -np.inf
            question = int(gains.argmax())
            if gains[question] >= self._min_gain and (best is None or gains[question] > best.gain):
                best = Split(float(gains[question]), key, self._questions.sets[key][question], answers[question, rows])
        return best
