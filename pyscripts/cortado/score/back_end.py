"""From embeddings to the scores of a trial list: the cosine back end with its two optional corrections."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from cortado.score.asnorm import normalise_scores
from cortado.score.cosine import score_pairs
from cortado.score.embeddings import Embeddings

Norm = Literal["none", "mean", "asnorm"]


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


def score_cosine(
    enrol: Embeddings, test: Embeddings, enrol_rows: np.ndarray, test_rows: np.ndarray, norm: Norm, cohort: Cohort | None, top_n: int
) -> np.ndarray:
    """Scores of trials, (num_trials,) float64, given the rows of both sides in their tables.

    norm "none": cosine. "mean": cosine after the cohort's mean is subtracted. "asnorm": that, then adaptive symmetric
    normalisation with the `top_n` nearest cohort speakers. `cohort` may be None only for "none".

    Scores are rounded to six decimals, as a score file holds them, so that whoever reads the file finds the same error
    rates to the last digit.
    """
    if norm != "none":
        enrol, test = enrol.centred(cohort.mean), test.centred(cohort.mean)
    enrol, test = enrol.unit(), test.unit()
    scores = score_pairs(enrol.vectors, test.vectors, enrol_rows, test_rows)
    if norm == "asnorm":
        scores = normalise_scores(scores, enrol, test, enrol_rows, test_rows, cohort.speakers, top_n)
    return np.round(scores.astype(np.float64), 6)
