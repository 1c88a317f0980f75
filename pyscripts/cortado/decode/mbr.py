"""Minimum Bayes risk decoding: the words with the fewest expected errors, and a confusion network with the probabilities of all words."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from cortado.decode.lattice import Lattice
from cortado.decode.mbr_kernels import arc_shares, expected_edits, log_forward, words_at_places

MAX_ROUNDS = 100


class Candidate(NamedTuple):
    """A word (0: none) with its posterior; begin and end are frames, averaged over the paths that have the word at this place."""

    word: int
    posterior: float
    begin: float
    end: float


@dataclass(frozen=True)
class ConfusionNetwork:
    """bins: places in the order of time, each with its candidates, most probable first; their posteriors add up to 1.

    chosen: the place in its bin of the word of `words`, or of none, for each bin. expected_errors: of `words`, over the paths.
    """

    bins: list[list[Candidate]]
    chosen: list[int]
    expected_errors: float

    def best(self) -> list[Candidate]:
        """The chosen words, without the bins where none is."""
        found = [candidates[place] for candidates, place in zip(self.bins, self.chosen, strict=True)]
        return [candidate for candidate in found if candidate.word]

    @property
    def words(self) -> tuple[int, ...]:
        return tuple(candidate.word for candidate in self.best())


def confusion_network(lattice: Lattice, words: Sequence[int], acoustic_scale: float, word_penalty: float = 0.0) -> ConfusionNetwork:
    """The network around `words`, which stay as they are: how probable each of them is, and what else is in its place."""
    return _Posteriors(lattice, acoustic_scale, word_penalty).network(np.asarray(words, np.int32))


def mbr_decode(lattice: Lattice, acoustic_scale: float, word_penalty: float = 0.0) -> ConfusionNetwork:
    """The words of (locally) least expected edit distance, from the best path on; at a given scale, costs are -ln p."""
    posteriors = _Posteriors(lattice, acoustic_scale, word_penalty)
    network = posteriors.network(np.array(lattice.best_path(acoustic_scale, word_penalty).words, np.int32))
    for _ in range(MAX_ROUNDS):
        better = np.array([candidates[0].word for candidates in network.bins], np.int32)
        better = better[better > 0]
        if better.tolist() == list(network.words):
            break
        candidate = posteriors.network(better)
        if candidate.expected_errors >= network.expected_errors:
            break
        network = candidate
    return network


class _Posteriors:
    def __init__(self, lattice: Lattice, acoustic_scale: float, word_penalty: float):
        self.lattice = lattice
        self.vocabulary, numbers = np.unique(np.append(np.int32(0), lattice.word), return_inverse=True)
        self.word = numbers[1:].astype(np.int32)
        log_probs = -lattice.costs(acoustic_scale, word_penalty)
        alpha = log_forward(lattice.num_states, lattice.source, lattice.target, log_probs)
        self.shares = arc_shares(lattice.source, lattice.target, log_probs, alpha)

    def network(self, words: np.ndarray) -> ConfusionNetwork:
        """words: those of `vocabulary`; another one stands for itself and is on no path."""
        lattice = self.lattice
        vocabulary = np.append(self.vocabulary, np.setdiff1d(words, self.vocabulary))
        sequence = np.zeros(2 * len(words) + 1, np.int32)
        number = {word: place for place, word in enumerate(vocabulary.tolist())}
        sequence[1::2] = [number[word] for word in words.tolist()]
        arcs = lattice.source, lattice.target, self.word, self.shares
        edits = expected_edits(*arcs, lattice.num_states, sequence)
        found = words_at_places(*arcs, lattice.times.astype(np.float64), edits, sequence, len(vocabulary))
        bins = [_candidates(vocabulary, found[:, place], number_here) for place, number_here in enumerate(sequence.tolist())]
        chosen = [
            [candidate.word for candidate in candidates].index(int(vocabulary[number_here]))
            for candidates, number_here in zip(bins, sequence.tolist(), strict=True)
        ]
        return ConfusionNetwork(bins, chosen, float(edits[-1, -1]))


def _candidates(vocabulary: np.ndarray, found: np.ndarray, chosen: int) -> list[Candidate]:
    """Of one place; found: (3, num_words). The word that stands there is among them even where no path has it."""
    order = np.argsort(-found[0], kind="stable")
    order = order[(found[0][order] > 0) | (order == chosen)]
    posterior = np.maximum(found[0], np.finfo(float).tiny)
    return [
        Candidate(int(vocabulary[n]), float(found[0, n]), float(found[1, n] / posterior[n]), float(found[2, n] / posterior[n]))
        for n in order
    ]
