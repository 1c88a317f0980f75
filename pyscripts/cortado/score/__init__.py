"""Scores of verification trials and what they are worth: cosine, PLDA, normalisation, calibration, error rates, intervals over speakers."""

from cortado.score.asnorm import NormalisedSide, cohort_statistics
from cortado.score.back_end import Cohort, CosineScorer, PldaScorer, make_cohort, plda_cohort
from cortado.score.bootstrap import bootstrap_intervals
from cortado.score.calibration import Calibration, read_calibration, train_calibration
from cortado.score.cllr import act_dcf, cllr, min_cllr
from cortado.score.cosine import score_pairs
from cortado.score.embeddings import Embeddings, read_embeddings
from cortado.score.logistic import fit_logistic
from cortado.score.lookup import RowLookup
from cortado.score.measure import measure
from cortado.score.metrics import RankedTrials, Roc, auc, eer, min_dcf, roc_curve
from cortado.score.models import Models, read_models
from cortado.score.plda import Plda, fit_plda
from cortado.score.plda_back_end import PldaBackEnd, read_plda, train_plda
from cortado.score.quality import QualityTables, quality_measures
from cortado.score.result import Result, read_result
from cortado.score.scored import ScoredList, read_scored, write_scored
from cortado.score.split_list import SplitList, read_split, split_trials

__all__ = [
    "Calibration",
    "Cohort",
    "CosineScorer",
    "Embeddings",
    "Models",
    "NormalisedSide",
    "Plda",
    "PldaBackEnd",
    "PldaScorer",
    "QualityTables",
    "RankedTrials",
    "Result",
    "Roc",
    "RowLookup",
    "ScoredList",
    "SplitList",
    "act_dcf",
    "auc",
    "bootstrap_intervals",
    "cllr",
    "cohort_statistics",
    "eer",
    "fit_logistic",
    "fit_plda",
    "make_cohort",
    "measure",
    "min_cllr",
    "min_dcf",
    "plda_cohort",
    "quality_measures",
    "read_calibration",
    "read_embeddings",
    "read_models",
    "read_plda",
    "read_result",
    "read_scored",
    "read_split",
    "roc_curve",
    "score_pairs",
    "split_trials",
    "train_calibration",
    "train_plda",
    "write_scored",
]
