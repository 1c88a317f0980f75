"""The scores of one n-gram model in a lattice replaced by those of another, exactly, by composing on the fly with both.

A state of the result is a state of the lattice with the histories that the two models look at, so paths that meet in the lattice part
where a longer history tells them apart.
"""

import math
from collections.abc import Callable
from pathlib import Path

import kenlm
import numpy as np

from cortado.decode.lattice import Lattice
from cortado.errors import DataError

SENTENCE_END = "</s>"
_NATURAL = -math.log(10.0)  # from log10 probabilities to costs


class LanguageModel:
    """An n-gram model that KenLM reads: ARPA, gzipped or not, or KenLM's binary format. Raises DataError for anything else."""

    def __init__(self, path: str | Path):
        config = kenlm.Config()
        config.show_progress = False
        config.arpa_complain = kenlm.ARPALoadComplain.NONE
        try:
            self._model = kenlm.Model(str(path), config)
        except OSError as error:
            raise DataError(path, f"KenLM cannot read it as a language model: {error}") from None

    @property
    def order(self) -> int:
        return self._model.order

    def start(self) -> kenlm.State:
        """The history at the beginning of a sentence."""
        state = kenlm.State()
        self._model.BeginSentenceWrite(state)
        return state

    def next(self, history: kenlm.State, word: str) -> tuple[float, kenlm.State]:
        """(cost of the word, -ln p; the history after it). Equal histories compare equal. An unknown word costs what <unk> does."""
        following = kenlm.State()
        return _NATURAL * self._model.BaseScore(history, word, following), following


def rescore(lattice: Lattice, to_word: Callable[[int], str], old: LanguageModel, new: LanguageModel, scale: float = 1.0) -> Lattice:
    """The lattice with graph costs less those of `old`, plus `scale` times those of `new`, the ends of sentences among them.

    to_word: symbol of a word number.
    """
    end = lattice.num_states - 1
    start = (0, old.start(), new.start())
    numbers, waiting = {start: 0}, [start]
    arcs: list[tuple[int, int, int, float]] = []  # source, target or -1 for the end, arc of the lattice, change of graph cost
    for state, old_history, new_history in waiting:
        source = numbers[state, old_history, new_history]
        for arc in range(lattice.first_arc[state], lattice.first_arc[state + 1]):
            change, old_after, new_after = 0.0, old_history, new_history
            if lattice.word[arc]:
                word = to_word(int(lattice.word[arc]))
                (old_cost, old_after), (new_cost, new_after) = old.next(old_history, word), new.next(new_history, word)
                change = scale * new_cost - old_cost
            if lattice.target[arc] == end:
                change += scale * new.next(new_after, SENTENCE_END)[0] - old.next(old_after, SENTENCE_END)[0]
                arcs.append((source, -1, arc, change))
                continue
            reached = (int(lattice.target[arc]), old_after, new_after)
            if reached not in numbers:
                numbers[reached] = len(numbers)
                waiting.append(reached)
            arcs.append((source, numbers[reached], arc, change))
    return _lattice(lattice, len(numbers) + 1, arcs)


def _lattice(lattice: Lattice, num_states: int, arcs: list[tuple[int, int, int, float]]) -> Lattice:
    source, target, of_arc, change = map(np.array, zip(*arcs, strict=True))
    spans = [lattice.tids[lattice.first_tid[arc] : lattice.first_tid[arc + 1]] for arc in of_arc]
    return Lattice.from_arcs(
        num_states,
        source,
        np.where(target < 0, num_states - 1, target),
        lattice.word[of_arc],
        lattice.graph_cost[of_arc] + change,
        lattice.acoustic_cost[of_arc],
        [len(span) for span in spans],
        np.concatenate(spans),
    )
