"""Scores of verification trials and what they are worth: cosine, normalisation, error rates, intervals over speakers."""

from cortado.score.asnorm import NormalisedSide, cohort_statistics
from cortado.score.back_end import Cohort, CosineScorer, make_cohort
from cortado.score.bootstrap import bootstrap_intervals
from cortado.score.cosine import score_pairs
from cortado.score.embeddings import Embeddings, read_embeddings
from cortado.score.lookup import RowLookup
from cortado.score.measure import measure
from cortado.score.metrics import RankedTrials, Roc, auc, eer, min_dcf, roc_curve
from cortado.score.result import Result, read_result
from cortado.score.scored import ScoredList, read_scored, write_scored
from cortado.score.split_list import SplitList, read_split, split_trials

__all__ = [
    "Cohort",
    "CosineScorer",
    "Embeddings",
    "NormalisedSide",
    "RankedTrials",
    "Result",
    "Roc",
    "RowLookup",
    "ScoredList",
    "SplitList",
    "auc",
    "bootstrap_intervals",
    "cohort_statistics",
    "eer",
    "make_cohort",
    "measure",
    "min_dcf",
    "read_embeddings",
    "read_result",
    "read_scored",
    "read_split",
    "roc_curve",
    "score_pairs",
    "split_trials",
    "write_scored",
]
