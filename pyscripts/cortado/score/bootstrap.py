"""Confidence intervals of error rates by resampling speakers.

Trials that share a speaker are not independent: one voice that is easily confused spoils all its trials. So speakers
are drawn with replacement, not trials. A speaker drawn m times brings each of its target trials m times; a nontarget
trial between speakers drawn m and n times occurs m n times, once for each pair of copies. (Pairs of copies of the same
speaker are neither: counting them as target trials, m^2 in all, would make the miss rate look less certain than it is.)
Each draw weights the trials of the one ranked list, so nothing is sorted twice.

The intervals are the percentiles of the metric over the draws. They say how the result would vary with other speakers,
not with another training seed.
"""

from collections.abc import Callable

import numpy as np

from cortado.command import progress
from cortado.errors import DataError
from cortado.score.metrics import RankedTrials, Roc


def bootstrap_intervals(
    ranked: RankedTrials,
    enrol_speaker: np.ndarray,
    test_speaker: np.ndarray,
    measure: Callable[[Roc], np.ndarray],
    num_draws: int = 1000,
    level: float = 0.95,
    seed: int = 0,
) -> np.ndarray:
    """Percentile intervals of the values that `measure` reads off a ROC.

    enrol_speaker, test_speaker: (num_trials,) int, speaker numbers from 0, in the order in which the trials were given to
    `ranked`. measure: returns (num_values,) float. Returns (2, num_values): lower and upper ends. The same seed gives the
    same intervals. Raises DataError when fewer than two speakers occur.
    """
    weights_of = TrialWeights(ranked, enrol_speaker, test_speaker)
    rng = np.random.default_rng(seed)
    draws = progress(range(num_draws), num_draws, "bootstrap draws")
    values = np.stack([measure(ranked.roc(weights_of(weights_of.draw(rng)))) for _ in draws])
    tail = (1 - level) / 2
    return np.quantile(values, [tail, 1 - tail], axis=0)


class TrialWeights:
    """Turns the number of times each speaker was drawn into weights of the ranked trials."""

    def __init__(self, ranked: RankedTrials, enrol_speaker: np.ndarray, test_speaker: np.ndarray):
        self.num_speakers = int(max(enrol_speaker.max(), test_speaker.max())) + 1
        if self.num_speakers < 2:
            raise DataError("trials", "an interval over speakers needs trials of at least two speakers")
        self.is_target = ranked.is_target
        self.first = enrol_speaker[ranked.order]
        # The second factor of a target trial is a constant 1, held behind the last speaker's count.
        self.second = np.where(ranked.is_target, self.num_speakers, test_speaker[ranked.order])

    def __call__(self, counts: np.ndarray) -> np.ndarray:
        """Weights, (num_trials,) float64 in ranked order, of draws in which speaker s came `counts[s]` times."""
        counts = np.append(counts, 1).astype(np.float64)
        return counts[self.first] * counts[self.second]

    def draw(self, rng: np.random.Generator) -> np.ndarray:
        """Counts of one draw of as many speakers as there are. A draw without any target or without any nontarget trial has no
        error rates and is drawn again; that is rare unless the list has only a handful of speakers.
        """
        while True:
            counts = np.bincount(rng.integers(self.num_speakers, size=self.num_speakers), minlength=self.num_speakers)
            has_trial = self(counts) > 0
            if has_trial[self.is_target].any() and has_trial[~self.is_target].any():
                return counts
