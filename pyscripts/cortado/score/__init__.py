"""Scores of verification trials and what they are worth: cosine, normalisation, error rates, intervals over speakers."""

from cortado.score.asnorm import cohort_statistics, normalise_scores
from cortado.score.back_end import Cohort, make_cohort, score_cosine
from cortado.score.bootstrap import bootstrap_intervals
from cortado.score.cosine import score_pairs
from cortado.score.embeddings import Embeddings, read_embeddings
from cortado.score.measure import measure, number_speakers
from cortado.score.metrics import RankedTrials, Roc, auc, eer, min_dcf, roc_curve
from cortado.score.result import Result, read_result

__all__ = [
    "Cohort",
    "Embeddings",
    "RankedTrials",
    "Result",
    "Roc",
    "auc",
    "bootstrap_intervals",
    "cohort_statistics",
    "eer",
    "make_cohort",
    "measure",
    "min_dcf",
    "normalise_scores",
    "number_speakers",
    "read_embeddings",
    "read_result",
    "roc_curve",
    "score_cosine",
    "score_pairs",
]
