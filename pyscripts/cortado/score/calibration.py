"""Calibration of the scores of one system and fusion of several: an affine function of the scores, and of quality measures if asked,
that is a log-likelihood ratio (natural logarithm).

It is trained on trials of other speakers than those it is applied to; both are checked, as is that the systems are the same.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from cortado.config import from_dict, to_dict
from cortado.datadir.trials import trial_blocks
from cortado.errors import ConfigError, DataError
from cortado.files import file_digest, write_json
from cortado.score.logistic import fit_logistic
from cortado.score.quality import QualityTables
from cortado.score.result import Facts, Result, ScoredSystem, read_result
from cortado.score.score_file import scored_trials

FORMAT = "cortado calibration 1"


@dataclass(frozen=True)
class Calibration:
    """weights: one a system, then two a quality measure, for the lesser and the greater value of a trial's two sides.

    trials, md5, speakers: the trial list that it was trained on, and who speaks in it.
    """

    format: str
    systems: tuple[ScoredSystem, ...]
    measures: tuple[str, ...]
    weights: tuple[float, ...]
    offset: float
    p_target: float
    trials: str
    md5: str
    speakers: tuple[str, ...]

    def __call__(self, features: np.ndarray) -> np.ndarray:
        """Log-likelihood ratios, (num_trials,) float64, rounded to six decimals as a score file holds them.

        features: (num_trials, num_systems + 2 num_measures), the scores and then the quality features.
        """
        return np.round(features @ np.array(self.weights) + self.offset, 6)

    def refuse_other_systems(self, systems: Sequence[ScoredSystem]) -> None:
        """Raise ConfigError unless these are the systems that it was trained for, in their order."""
        if tuple(systems) != self.systems:
            trained, given = (", ".join(map(str, names)) for names in (self.systems, systems))
            raise ConfigError(f"the calibration is for scores of {trained}; these are of {given}")

    def refuse_trials_of_training(self, path: str, md5: str, speakers: set[str]) -> None:
        """Raise DataError if it was trained on this very list, or on trials with one of these speakers."""
        known = sorted(speakers.intersection(self.speakers))
        if md5 == self.md5:
            raise DataError(path, f"the calibration was trained on this very list, as {self.trials}; train it on trials of other speakers")
        if known:
            reason = (
                f"the calibration was trained on trials of {known[0]} ({len(known)} such speakers), in {self.trials}; take other speakers"
            )
            raise DataError(path, reason)

    def write(self, path: str | Path) -> None:
        """Write as JSON, atomically."""
        write_json(path, to_dict(self))


def read_calibration(path: str | Path) -> Calibration:
    """Read what Calibration.write wrote. Raises DataError for anything else."""
    try:
        values = json.loads(Path(path).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        values = None
    if not isinstance(values, dict) or values.get("format") != FORMAT:
        raise DataError(path, "is no calibration; train_calibration.py writes one")
    return from_dict(Calibration, values, str(path))


def system_of(result: Result) -> ScoredSystem:
    """The system that scored a trial list."""
    return ScoredSystem(result.system, result.back_end.label(), result.facts.seed)


def check_results(score_dirs: Sequence[str | Path], trials: str) -> list[Result]:
    """The result.json of each score folder. Raises DataError for one that is of another trial list, or of calibrated scores."""
    results = [read_result(Path(folder, "result.json")) for folder in score_dirs]
    md5 = file_digest(trials)
    for folder, result in zip(score_dirs, results, strict=True):
        if result.trials.md5 != md5:
            raise DataError(folder, f"holds scores of {result.trials.path} with MD5 {result.trials.md5}, but {trials} has {md5}")
        if result.calibrated:
            raise DataError(folder, "holds scores that are calibrated already; give the folder of the scores themselves")
    return results


def speakers_of_trials(path: str, utt2spk: Mapping[str, str], utt2spk_path: str) -> list[str]:
    """The speakers of a trial list, sorted. Raises DataError for a key without a speaker."""
    keys: set[str] = set()
    for block in trial_blocks(path):
        keys.update(block.enrol, block.test)
    unknown = sorted(keys - utt2spk.keys())
    if unknown:
        raise DataError(utt2spk_path, f"no speaker for {unknown[0]} of {path} ({len(unknown)} such keys)")
    return sorted({utt2spk[key] for key in keys})


def fused_facts(results: Sequence[Result]) -> Facts:
    """The facts of one system as they are; of several, sums, the seed if they share it, and synthetic speech if any of it was."""
    if len(results) == 1:
        return results[0].facts
    facts = [result.facts for result in results]
    seeds = {fact.seed for fact in facts}
    parameters, seconds = ([getattr(fact, name) for fact in facts] for name in ("parameters", "training_seconds"))
    return Facts(
        seed=facts[0].seed if len(seeds) == 1 else None,
        parameters=None if None in parameters else sum(parameters),
        training_seconds=None if None in seconds else sum(seconds),
        synthetic=any(fact.synthetic for fact in facts),
    )


def train_calibration(
    trials: str,
    score_dirs: Sequence[str | Path],
    results: Sequence[Result],
    quality: QualityTables,
    speakers: Sequence[str],
    p_target: float,
) -> Calibration:
    """The calibration of these scores of one trial list, `results` being their records and `speakers` those of the list.

    Raises DataError as `scored_trials` and QualityTables do, and CortadoError as `fit_logistic` does.
    """
    features, labels = [], []
    for block, scores in scored_trials(trials, [Path(folder, "scores") for folder in score_dirs]):
        features.append(np.column_stack([scores, quality.features(block.enrol, block.test)]))
        labels.append(block.is_target)
    weights, offset = fit_logistic(np.concatenate(features), np.concatenate(labels), p_target)
    systems = tuple(map(system_of, results))
    list_version = trials, results[0].trials.md5
    return Calibration(
        FORMAT, systems, tuple(quality.values), tuple(weights.tolist()), offset, p_target, *list_version, tuple(sorted(speakers))
    )
