"""C, phones in context: LG with windows of phones in place of phones, and what each of its input labels stands for."""

from collections.abc import Sequence
from typing import NamedTuple

import kaldifst
import numpy as np

from cortado.graph.exchange import from_kaldifst, to_kaldifst
from cortado.graph.fst import Fst


class ContextLabels(NamedTuple):
    """What the input labels of CLG mean. Label 0 is epsilon.

    windows: (num_labels, context_width) int32 phones, 0 beyond the ends of the utterance; is_window: (num_labels,) bool, false for
    epsilon and for disambiguation symbols, whose rows are 0.
    """

    windows: np.ndarray
    is_window: np.ndarray

    @classmethod
    def from_lists(cls, lists: Sequence[Sequence[int]], context_width: int) -> "ContextLabels":
        """From Kaldi's ilabel_info: [] for epsilon, one negative phone (or 0, for Kaldi's #-1) for a disambiguation symbol, else a window."""
        is_window = np.array([len(entry) == context_width and max(entry) > 0 for entry in lists])
        windows = np.zeros((len(lists), context_width), np.int32)
        windows[is_window] = [entry for entry, is_one in zip(lists, is_window, strict=True) if is_one]
        return cls(windows, is_window)


def compose_context(lg: Fst, disambig_phones: Sequence[int], context_width: int, central_position: int) -> tuple[Fst, ContextLabels]:
    """CLG of LG, whose input labels are phones and `disambig_phones`."""
    clg, lists = kaldifst.compose_context(list(disambig_phones), context_width, central_position, to_kaldifst(lg))
    return from_kaldifst(clg), ContextLabels.from_lists(lists, context_width)
