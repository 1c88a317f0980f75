"""Best paths of lattices over a grid of LM weights and word insertion penalties, without decoding again."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

from cortado.decode.lattice import Lattice
from cortado.decode.mbr import mbr_decode
from cortado.score.wer import WordErrors, Words, count_errors


class Weights(NamedTuple):
    """Costs are graph_cost + acoustic_cost / lm_weight + word_penalty for each word, as in Kaldi's scoring."""

    lm_weight: float
    word_penalty: float

    def __str__(self) -> str:
        """As in Kaldi's file names: '10_0.5'."""
        return f"{self.lm_weight:g}_{self.word_penalty}"


Hypotheses = dict[str, Words]


def best_path_words(lattice: Lattice, weights: Weights) -> Sequence[int]:
    return lattice.best_path(1 / weights.lm_weight, weights.word_penalty).words


def mbr_words(lattice: Lattice, weights: Weights) -> Sequence[int]:
    return mbr_decode(lattice, 1 / weights.lm_weight, weights.word_penalty).words


def sweep(
    lattices: Iterable[tuple[str, Lattice]],
    grid: Sequence[Weights],
    choose: Callable[[Lattice, Weights], Sequence[int]],
    to_words: Callable[[Sequence[int]], Words],
) -> dict[Weights, Hypotheses]:
    """The words of every utterance at every point of the grid; one lattice is held at a time. choose: best_path_words or mbr_words."""
    hypotheses: dict[Weights, Hypotheses] = {weights: {} for weights in grid}
    for utterance, lattice in lattices:
        for weights in grid:
            hypotheses[weights][utterance] = to_words(choose(lattice, weights))
    return hypotheses


def count_all(references: Mapping[str, Words], hypotheses: Mapping[Weights, Hypotheses]) -> dict[Weights, WordErrors]:
    return {weights: count_errors(references, found) for weights, found in hypotheses.items()}


def best_weights(errors: Mapping[Weights, WordErrors]) -> Weights:
    """Those of the fewest errors, of these the fewest wrong sentences; of equals the middle one, by LM weight and then penalty: on a small
    development set many points are equal, and the edge of a plateau is the least likely to hold elsewhere.
    """

    def key(weights: Weights) -> tuple[int, int]:
        return errors[weights].total, errors[weights].num_wrong

    least = min(map(key, errors))
    equals = sorted(weights for weights in errors if key(weights) == least)
    return equals[(len(equals) - 1) // 2]
