"""Confidence intervals of error rates by resampling speakers.

Trials that share a speaker are not independent: one voice that is easily confused spoils all its trials. So speakers
are drawn with replacement, not trials. A speaker drawn m times brings each of its target trials m times; a nontarget
trial between speakers drawn m and n times occurs m n times, once for each pair of copies. (Pairs of copies of the same
speaker are neither: counting them as target trials, m^2 in all, would make the miss rate look less certain than it is.)
Each draw weights the trials of the one ranked list, so nothing is sorted twice. In a list of more than MANY_TRIALS, draws are
looked at together and at fewer thresholds: see `ThinnedTrials` for how far that may be from the exact figure.

The intervals are the percentiles of the metric over the draws. They say how the result would vary with other speakers,
not with another training seed.
"""

from collections.abc import Callable, Iterator
from itertools import islice

import numpy as np

from cortado.command import progress
from cortado.errors import DataError
from cortado.score.metrics import RankedTrials, Roc
from cortado.score.thinned import ThinnedTrials

MANY_TRIALS = 2_000_000
DRAWS_AT_ONCE = 250


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
    num_speakers = int(max(enrol_speaker.max(), test_speaker.max())) + 1
    if num_speakers < 2:
        raise DataError("trials", "an interval over speakers needs trials of at least two speakers")
    draws = _draws(num_speakers, seed)
    if len(ranked.order) > MANY_TRIALS:
        rocs = ThinnedTrials(ranked, enrol_speaker, test_speaker, num_speakers).rocs(draws, min(num_draws, DRAWS_AT_ONCE))
    else:
        weights_of = TrialWeights(ranked, enrol_speaker, test_speaker, num_speakers)
        rocs = progress(_exact_rocs(ranked, weights_of, draws), num_draws, "bootstrap draws")
    values = np.stack([measure(roc) for roc in islice(rocs, num_draws)])
    tail = (1 - level) / 2
    return np.quantile(values, [tail, 1 - tail], axis=0)


def _draws(num_speakers: int, seed: int) -> Iterator[np.ndarray]:
    """How often each speaker comes, (num_speakers,) int, in draw after draw of as many speakers as there are."""
    rng = np.random.default_rng(seed)
    while True:
        yield np.bincount(rng.integers(num_speakers, size=num_speakers), minlength=num_speakers)


def _exact_rocs(ranked: RankedTrials, weights_of: "TrialWeights", draws: Iterator[np.ndarray]) -> Iterator[Roc]:
    """The ROC of each draw. A draw without any target or without any nontarget trial has no error rates and is passed over;
    that is rare unless the list has only a handful of speakers.
    """
    for counts in draws:
        weights = weights_of(counts)
        if weights[ranked.is_target].any() and weights[~ranked.is_target].any():
            yield ranked.roc(weights)


class TrialWeights:
    """Turns the number of times each speaker was drawn into weights of the ranked trials."""

    def __init__(self, ranked: RankedTrials, enrol_speaker: np.ndarray, test_speaker: np.ndarray, num_speakers: int):
        self.first = enrol_speaker[ranked.order]
        # The second factor of a target trial is a constant 1, held behind the last speaker's count.
        self.second = np.where(ranked.is_target, num_speakers, test_speaker[ranked.order])

    def __call__(self, counts: np.ndarray) -> np.ndarray:
        """Weights, (num_trials,) float64 in ranked order, of draws in which speaker s came `counts[s]` times."""
        counts = np.append(counts, 1).astype(np.float64)
        return counts[self.first] * counts[self.second]
