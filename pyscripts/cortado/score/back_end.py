"""From embeddings to the scores of a trial list: cosine with its two optional corrections, and PLDA."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from cortado.score.asnorm import NormalisedSide
from cortado.score.cosine import score_pairs
from cortado.score.embeddings import Embeddings
from cortado.score.models import Models, single_utterances
from cortado.score.plda_back_end import PldaBackEnd

Norm = Literal["none", "inner", "mean", "asnorm"]
UsedRows = tuple[np.ndarray, np.ndarray] | None
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


def plda_cohort(plda: PldaBackEnd, utterances: Embeddings, utt2spk: dict[str, str], utt2spk_path: str) -> Embeddings:
    """The cohort of PLDA scores: one vector per training speaker, the mean of the utterances', of the length of an utterance's."""
    return plda.of_one_length(plda.prepare(utterances).speaker_means(utt2spk, utt2spk_path))


class PairScorer:
    """Scores of the trials of one list, a block at a time; the score of a trial does not depend on how the list is cut.

    A score is the inner product of a row of `enrol` and one of `test`, normalised by `normalised`, one for each side, if given.

    used: the rows of enrol and test that may occur, sorted, of which alone the two tables consist, or None for all. Matrix products
    round in ways that depend on their shape, so every job that scores a part of the list must give the same, and the same
    num_trials, the length of the list.
    """

    def __init__(self, enrol: Embeddings, test: Embeddings, num_trials: int, used: UsedRows, normalised: Sequence[NormalisedSide] = ()):
        self.vectors = enrol.vectors, test.vectors
        self.position = [np.searchsorted(rows, np.arange(rows.max(initial=0) + 1)) for rows in used] if used else None
        self.typical_length = min(num_trials, SHORT_LIST)
        self.normalised = normalised

    def __call__(self, enrol_rows: np.ndarray, test_rows: np.ndarray) -> np.ndarray:
        """Scores, (num_trials,) float64, given the rows of both sides in their tables.

        They are rounded to six decimals, as a score file holds them, so that whoever reads the file finds the same error
        rates to the last digit.
        """
        rows = enrol_rows, test_rows
        if self.position:
            rows = [position[side] for position, side in zip(self.position, rows, strict=True)]
        scores = score_pairs(*self.vectors, *rows, self.typical_length)
        if self.normalised:
            enrol, test = (normalise(scores, side) for normalise, side in zip(self.normalised, rows, strict=True))
            scores = 0.5 * (enrol + test)
        return np.round(scores.astype(np.float64), 6)


class CosineScorer(PairScorer):
    """norm "none": cosine. "inner": inner product of the embeddings as they are stored, which of means of unit embeddings is the mean of all
    cosines between those of one side and those of the other. "mean": cosine after the cohort's mean is subtracted. "asnorm": that, then adaptive symmetric
    normalisation with the `top_n` nearest cohort speakers. `cohort` may be None only for "none" and "inner". A model of
    several utterances is the mean of their unit vectors, for "inner" of the vectors themselves.
    """

    def __init__(
        self,
        enrol: Embeddings,
        test: Embeddings,
        norm: Norm,
        cohort: Cohort | None,
        top_n: int,
        num_trials: int,
        used: UsedRows = None,
        models: Models | None = None,
    ):
        def prepared(side: Embeddings) -> Embeddings:
            if norm == "inner":
                return side
            return (side if norm == "none" else side.centred(cohort.mean)).unit()

        test_side = prepared(test)
        enrol_side = test_side if enrol is test else prepared(enrol)
        if models:
            enrol_side = models.average(enrol_side)
            if norm != "inner":
                enrol_side = enrol_side.unit()
        if used:
            enrol_side, test_side = (side.select(rows) for side, rows in zip((enrol_side, test_side), used, strict=True))
        normalised = []
        if norm == "asnorm":
            first = NormalisedSide(enrol_side, cohort.speakers, top_n)
            normalised = [first, first if test_side is enrol_side else NormalisedSide(test_side, cohort.speakers, top_n)]
        super().__init__(enrol_side, test_side, num_trials, used, normalised)


class PldaScorer(PairScorer):
    """Log-likelihood ratios of PLDA; with a `cohort` of plda_cohort, normalised by its `top_n` nearest speakers.

    They are single precision: right to about a millionth of the largest terms that make up a ratio, some hundreds.
    """

    def __init__(
        self,
        enrol: Embeddings,
        test: Embeddings,
        plda: PldaBackEnd,
        cohort: Embeddings | None,
        top_n: int,
        num_trials: int,
        used: UsedRows = None,
        models: Models | None = None,
    ):
        models = models or single_utterances(enrol)
        num_utts, enrol = models.num_utts, models.average(plda.prepare(enrol))
        test = plda.prepare(test)
        if used:
            num_utts, enrol, test = num_utts[used[0]], enrol.select(used[0]), test.select(used[1])
        sides = plda.enrol_side(enrol, num_utts), plda.test_side(test, num_utts)
        normalised = []
        if cohort:
            once = np.ones(len(cohort.keys), dtype=np.int64)
            cohort_scores = (sides[0], plda.test_side(cohort, num_utts)), (plda.test_side(test, once), plda.enrol_side(cohort, once))
            normalised = [NormalisedSide(*tables, top_n) for tables in cohort_scores]
        super().__init__(*sides, num_trials, used, normalised)
