"""The four figures of a scored trial list, EER, minDCF at 0.01 and 0.05 and AUC, with intervals over speakers."""

from collections.abc import Mapping, Sequence

import numpy as np

from cortado.errors import DataError
from cortado.score.bootstrap import bootstrap_intervals
from cortado.score.metrics import Point, RankedTrials, Roc, auc, eer, min_dcf
from cortado.score.result import Estimate

MARKS = {"EER": eer, "minDCF(0.01)": lambda roc: min_dcf(roc, 0.01), "minDCF(0.05)": lambda roc: min_dcf(roc, 0.05)}


def number_speakers(
    enrol: Sequence[str], test: Sequence[str], is_target: np.ndarray, trials: str, utt2spk: Mapping[str, str], utt2spk_path: str
) -> tuple[np.ndarray, np.ndarray]:
    """Speaker number, from 0, of both sides of each trial: two (num_trials,) int64 arrays.

    Raises DataError naming the line of the file `trials` for a key without a speaker, and for a label that contradicts the speakers.
    """
    number_of = {speaker: number for number, speaker in enumerate(sorted({utt2spk[key] for key in {*enrol, *test} if key in utt2spk}))}
    sides = [_speakers_of(keys, number_of, utt2spk, trials, utt2spk_path) for keys in (enrol, test)]
    wrong = np.flatnonzero((sides[0] == sides[1]) != is_target)
    if len(wrong):
        first = int(wrong[0])
        label, truth = ("target", "two speakers") if is_target[first] else ("nontarget", "one speaker")
        reason = f"{enrol[first]} {test[first]} is labelled {label}, but they are {truth} in {utt2spk_path} ({len(wrong)} such trials)"
        raise DataError(trials, reason, line=first + 1)
    return sides[0], sides[1]


def _speakers_of(keys, number_of, utt2spk, trials, utt2spk_path) -> np.ndarray:
    number_of_key = {key: number_of[speaker] for key, speaker in utt2spk.items() if speaker in number_of}
    numbers = np.fromiter((number_of_key.get(key, -1) for key in keys), dtype=np.int64, count=len(keys))
    unknown = np.flatnonzero(numbers < 0)
    if len(unknown):
        first = int(unknown[0])
        raise DataError(trials, f"{keys[first]} has no speaker in {utt2spk_path} ({len(unknown)} such trials)", line=first + 1)
    return numbers


def operating_points(roc: Roc) -> dict[str, Point]:
    """The points that a DET plot marks, by name."""
    return {name: find(roc) for name, find in MARKS.items()}


def measure(ranked: RankedTrials, enrol_speaker: np.ndarray, test_speaker: np.ndarray, num_draws: int) -> dict[str, Estimate]:
    """EER, minDCF and AUC as the fields of `Result` named eer, min_dcf_001, min_dcf_005 and auc.

    Speaker numbers as in `bootstrap_intervals`, which makes the 95 % intervals from `num_draws` draws.
    """
    roc = ranked.roc()
    points = [*operating_points(roc).values(), None]
    values = _values(roc)
    low, high = bootstrap_intervals(ranked, enrol_speaker, test_speaker, _values, num_draws)
    thresholds = [None if point is None or np.isinf(point.threshold) else point.threshold for point in points]
    estimates = [Estimate(*map(float, row), threshold) for *row, threshold in zip(values, low, high, thresholds, strict=True)]
    return dict(zip(("eer", "min_dcf_001", "min_dcf_005", "auc"), estimates, strict=True))


def _values(roc: Roc) -> np.ndarray:
    return np.array([*(find(roc).value for find in MARKS.values()), auc(roc)])
