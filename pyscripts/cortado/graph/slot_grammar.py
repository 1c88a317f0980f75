"""G of a fixed sentence pattern: slots, each of which takes one word of its list. GRID's sentences are such: command, colour, ..."""

import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from cortado.errors import CortadoError, DataError
from cortado.graph.fst import NOT_FINAL, Fst
from cortado.lang.rows import read_rows
from cortado.lang.symbols import SymbolTable


def slot_grammar(slots: Sequence[tuple[str, Sequence[str]]], words: SymbolTable) -> Fst:
    """G of slots, one word of each in turn, all words of a slot equally probable. Raises CortadoError naming a word not in `words`."""
    source, labels, costs = [], [], []
    for position, (name, choices) in enumerate(slots):
        for word in choices:
            if word not in words:
                raise CortadoError(f"slot {name} of the grammar has the word {word}, which is not in {words.path}")
            source.append(position)
            labels.append(words[word])
            costs.append(math.log(len(choices)))
    final = np.full(len(slots) + 1, NOT_FINAL)
    final[-1] = 0
    return Fst.from_arcs(len(final), 0, source, labels, labels, costs, np.array(source) + 1, final).sorted_by("ilabel")


def read_slots(path: str | Path) -> list[tuple[str, list[str]]]:
    """A grammar of slots: on each line the name of a slot and the words it takes. Raises DataError with the line."""
    slots = []
    for number, (name, *choices) in read_rows(path):
        if not choices:
            raise DataError(path, f"slot {name} takes no word", number)
        if len(set(choices)) < len(choices):
            raise DataError(path, f"slot {name} has the word {max(choices, key=choices.count)} twice", number)
        slots.append((name, choices))
    return slots
