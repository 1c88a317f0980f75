"""Is a system better than the baseline, or is the difference chance? Both were scored on the same trials, and trained from several seeds.

Two kinds of chance are told apart. Other test speakers: they are drawn with replacement, the same ones for all systems and seeds, as in
`bootstrap`; what makes a draw hard for every system cancels in the difference. Other training seeds: the variance of the EER between the
seeds of a system. Three seeds tell little about that, so it is pooled over all systems of the comparison, which are trained alike.

The difference of the means over the seeds has the sum of the two variances, and is tested with Student's t. Its degrees of freedom are
those of Satterthwaite (1946): number of speakers - 1 for the one part, sum over systems of (number of seeds - 1) for the other. The p
values are corrected for the number of systems by Holm (1979). Drawing seeds along with the speakers in the bootstrap would be simpler, but
with three of them the variance comes out a third too small, and percentiles know nothing of the tails of t.

What a seed does to some speakers only is in both variances, so the test errs to the side of "chance". It assumes that seeds spread
all systems alike, and knows of one training set only.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from scipy.stats import t as student

from cortado.command import progress
from cortado.errors import DataError
from cortado.score.bootstrap import TrialWeights
from cortado.score.metrics import RankedTrials, eer


class SystemErrors(NamedTuple):
    """EERs, as fractions, of each seed of a system: `measured` (num_seeds,) on all speakers, `drawn` (num_seeds, num_draws) on drawn ones."""

    measured: np.ndarray
    drawn: np.ndarray


@dataclass(frozen=True)
class Difference:
    """EER of a system less that of the baseline, as fractions, both means over their seeds.

    over_speakers: the 95 % interval over drawn speakers, for the networks as they were trained. standard_error, degrees: of other speakers
    and other seeds together. p_value: two-sided, not corrected; p_corrected: by Holm, for the number of systems.
    """

    value: float
    over_speakers: tuple[float, float]
    standard_error: float
    degrees: float
    p_value: float
    p_corrected: float

    def over_both(self, level: float = 0.95) -> tuple[float, float]:
        """The interval over speakers and seeds."""
        half = self.standard_error * float(student.isf((1 - level) / 2, self.degrees))
        return self.value - half, self.value + half

    def is_chance(self, level: float = 0.05) -> bool:
        """Whether the difference cannot be told from chance at this level, all systems considered."""
        return self.p_corrected > level


def draw_errors(
    runs: Sequence[RankedTrials], enrol_speaker: np.ndarray, test_speaker: np.ndarray, num_draws: int = 1000, seed: int = 0
) -> np.ndarray:
    """The EER of each run on the same draws of speakers: (num_runs, num_draws) float64.

    runs: the same trials with the scores of different networks. enrol_speaker, test_speaker: (num_trials,) int, speaker numbers from 0,
    in the order in which the trials were given. Raises DataError for fewer than two speakers.
    """
    num_speakers = int(max(enrol_speaker.max(), test_speaker.max())) + 1
    if num_speakers < 2:
        raise DataError("trials", "drawing speakers takes trials of at least two")
    draws = _speaker_draws(num_speakers, enrol_speaker, test_speaker, num_draws, seed)
    errors = np.empty((len(runs), num_draws))
    for row, ranked in zip(errors, progress(runs, len(runs), "runs on drawn speakers"), strict=True):
        weights_of = TrialWeights(ranked, enrol_speaker, test_speaker, num_speakers)
        row[:] = [eer(ranked.roc(weights_of(counts))).value for counts in draws]
    return errors


def _speaker_draws(num_speakers: int, enrol: np.ndarray, test: np.ndarray, num_draws: int, seed: int) -> list[np.ndarray]:
    """How often each speaker comes, (num_speakers,) int, in each of `num_draws` draws that have target and nontarget trials."""
    rng = np.random.default_rng(seed)
    has_target = np.isin(np.arange(num_speakers), enrol[enrol == test])
    pairs = np.unique(np.stack([enrol, test])[:, enrol != test], axis=1)
    draws: list[np.ndarray] = []
    while len(draws) < num_draws:
        counts = np.bincount(rng.integers(num_speakers, size=num_speakers), minlength=num_speakers)
        if counts[has_target].any() and counts[pairs].all(axis=0).any():
            draws.append(counts)
    return draws


def compare(baseline: SystemErrors, systems: Mapping[str, SystemErrors], num_speakers: int) -> dict[str, Difference]:
    """How each of `systems` differs from the baseline; all were drawn with the same speakers.

    Raises DataError where nothing has more than one seed: seeds alone may then make any difference.
    """
    spread = pooled_seed_variance([baseline, *systems.values()])
    differences = {name: _uncorrected(baseline, system, num_speakers, *spread) for name, system in systems.items()}
    corrected = holm([difference.p_value for difference in differences.values()])
    return {name: replace(differences[name], p_corrected=float(p)) for name, p in zip(differences, corrected, strict=True)}


def pooled_seed_variance(systems: Sequence[SystemErrors]) -> tuple[float, int]:
    """The variance of the EER between seeds of a system, pooled over the systems, and its degrees of freedom. Raises as `compare` does."""
    degrees = sum(len(system.measured) - 1 for system in systems)
    if degrees == 0:
        raise DataError("runs", "no system was trained from more than one seed, so nothing tells how far seeds alone change the error")
    squares = sum(float(np.square(system.measured - system.measured.mean()).sum()) for system in systems)
    return squares / degrees, degrees


def holm(p_values: Sequence[float]) -> np.ndarray:
    """Holm's step-down correction: the k-th smallest of n is multiplied by n - k + 1, and none falls below a smaller one's.

    >>> holm([0.01, 0.04, 0.03]).tolist()
    [0.03, 0.06, 0.06]
    """
    order = np.argsort(p_values)
    steps = np.sort(p_values) * np.arange(len(order), 0, -1)
    corrected = np.empty(len(order))
    corrected[order] = np.minimum(np.maximum.accumulate(steps), 1.0)
    return corrected


def _uncorrected(baseline: SystemErrors, system: SystemErrors, num_speakers: int, seed_variance: float, seed_degrees: int) -> Difference:
    value = float(system.measured.mean() - baseline.measured.mean())
    drawn = system.drawn.mean(axis=0) - baseline.drawn.mean(axis=0)
    low, high = map(float, np.quantile(drawn, [0.025, 0.975]))
    of_speakers = float(drawn.var(ddof=1))
    of_seeds = seed_variance * (1 / len(system.measured) + 1 / len(baseline.measured))
    variance = of_speakers + of_seeds
    if variance == 0:  # no run errs, say
        return Difference(value, (low, high), 0.0, np.inf, *[float(value == 0)] * 2)
    degrees = variance**2 / (of_speakers**2 / (num_speakers - 1) + of_seeds**2 / seed_degrees)
    p_value = float(2 * student.sf(abs(value) / variance**0.5, degrees))
    return Difference(value, (low, high), variance**0.5, degrees, p_value, p_value)
