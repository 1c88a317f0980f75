"""From embeddings to the scores of a trial list: the cosine back end with its two optional corrections."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from cortado.score.asnorm import NormalisedSide
from cortado.score.cosine import score_pairs
from cortado.score.embeddings import Embeddings

Norm = Literal["none", "mean", "asnorm"]
SHORT_LIST = 2_000_000  # trials; so many are read in a second or two


@dataclass(frozen=True)
class Cohort:
    """What the corrections are estimated on: utterances of training speakers, never of the trials' speakers.

    mean: (dim,) float32, over all utterances. speakers: one unit embedding per speaker, the mean of the speaker's centred unit
    embeddings scaled to length 1.
    """

    mean: np.ndarray
    speakers: Embeddings


def make_cohort(utterances: Embeddings, utt2spk: dict[str, str], utt2spk_path: str) -> Cohort:
    """The cohort of a table of training utterances. An utterance missing from `utt2spk` is a DataError."""
    mean = utterances.mean()
    return Cohort(mean, utterances.centred(mean).unit().speaker_means(utt2spk, utt2spk_path).unit())


class CosineScorer:
    """Scores of the trials of one list, a block at a time; the score of a trial does not depend on how the list is cut.

    norm "none": cosine. "mean": cosine after the cohort's mean is subtracted. "asnorm": that, then adaptive symmetric
    normalisation with the `top_n` nearest cohort speakers. `cohort` may be None only for "none".

    used: the rows of enrol and test that may occur, sorted, or None for all. Matrix products round in ways that depend on
    their shape, so every job that scores a part of the list must give the same, and the same num_trials, the length of the list.
    """

    def __init__(
        self,
        enrol: Embeddings,
        test: Embeddings,
        norm: Norm,
        cohort: Cohort | None,
        top_n: int,
        num_trials: int,
        used: tuple[np.ndarray, np.ndarray] | None = None,
    ):
        sides = [_prepared(side, norm, cohort) for side in ([enrol] if test is enrol else [enrol, test])]
        sides = [sides[0], sides[-1]]
        self.position = [np.arange(len(side.keys)) for side in sides]
        if used:
            sides = [side.select(rows) for side, rows in zip(sides, used, strict=True)]
            self.position = [np.searchsorted(rows, position) for rows, position in zip(used, self.position, strict=True)]
        self.vectors = [side.vectors for side in sides]
        self.typical_length = min(num_trials, SHORT_LIST)
        self.normalised = None
        if norm == "asnorm":
            enrol_side = NormalisedSide(sides[0], cohort.speakers, top_n)
            self.normalised = [enrol_side, enrol_side if sides[1] is sides[0] else NormalisedSide(sides[1], cohort.speakers, top_n)]

    def __call__(self, enrol_rows: np.ndarray, test_rows: np.ndarray) -> np.ndarray:
        """Scores, (num_trials,) float64, given the rows of both sides in their tables.

        They are rounded to six decimals, as a score file holds them, so that whoever reads the file finds the same error
        rates to the last digit.
        """
        rows = self.position[0][enrol_rows], self.position[1][test_rows]
        scores = score_pairs(*self.vectors, *rows, self.typical_length)
        if self.normalised:
            enrol, test = (normalise(scores, side) for normalise, side in zip(self.normalised, rows, strict=True))
            scores = 0.5 * (enrol + test)
        return np.round(scores.astype(np.float64), 6)


def _prepared(side: Embeddings, norm: Norm, cohort: Cohort | None) -> Embeddings:
    return (side if norm == "none" else side.centred(cohort.mean)).unit()
