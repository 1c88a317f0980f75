"""The hypotheses of CTC decoding as a lattice, so that all that scores lattices scores them: LM weights and penalties, oracle, intervals.

Each hypothesis is a path of its own. Acoustic costs are stored ten times as large as they are, as Kaldi's chain recipes do
(--post-decode-acwt 10): LM weight 10 of steps/score.sh then gives the network and the language model the same weight, and LM weight 5 the
latter half of it. The paths have no transition ids, and so no times.
"""

from collections.abc import Sequence

import numpy as np

from cortado.decode.ctc import Hypothesis
from cortado.decode.lattice import Lattice

ACOUSTIC_FACTOR = 10


class WordNumbers(dict[str, int]):
    """Words numbered from 1, in the order in which they are met."""

    def __missing__(self, word: str) -> int:
        self[word] = len(self) + 1
        return self[word]


def lattice_of(hypotheses: Sequence[Hypothesis], numbers: WordNumbers) -> Lattice:
    """From at least one hypothesis; each has its costs on its first arc, and an arc for each word, or one arc without."""
    lengths = [max(1, len(hypothesis.words)) for hypothesis in hypotheses]
    num_states = 2 + sum(length - 1 for length in lengths)
    source, target, word, graph_cost, acoustic_cost = [], [], [], [], []
    inner = 1
    for hypothesis, length in zip(hypotheses, lengths, strict=True):
        states = [0, *range(inner, inner + length - 1), num_states - 1]
        inner += length - 1
        source += states[:-1]
        target += states[1:]
        word += [numbers[spelled] for spelled in hypothesis.words] or [0]
        graph_cost += [-hypothesis.log_lm] + [0.0] * (length - 1)
        acoustic_cost += [-ACOUSTIC_FACTOR * hypothesis.log_ctc] + [0.0] * (length - 1)
    return Lattice.from_arcs(num_states, source, target, word, graph_cost, acoustic_cost, np.zeros(len(source), np.int64), [])
