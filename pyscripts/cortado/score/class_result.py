"""The record of a scored classification, `result.json`: what was classified, on which split, and what came out.

It holds no date and no host, so the same inputs give the same bytes.
"""

import json
from dataclasses import dataclass
from pathlib import Path

from cortado.config import from_dict, to_dict
from cortado.datadir.split_record import SplitRecord
from cortado.errors import DataError
from cortado.files import write_json
from cortado.score.class_controls import CONTROLS
from cortado.score.classification import Classified, bootstrap, measure
from cortado.score.result import Facts, Version, percent

FORMAT = "cortado classification result 1"


@dataclass(frozen=True)
class Estimate:
    """A figure with its 95 % interval over recordings."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Estimates:
    """See `classification.Figures`."""

    accuracy: Estimate
    balanced_accuracy: Estimate
    auc: Estimate


@dataclass(frozen=True)
class ScoredClips:
    """The clips scored; md5 is of utt2spk."""

    path: str
    md5: str
    num_clips: int
    num_recordings: int
    num_classes: int


@dataclass(frozen=True)
class ClassResult:
    """condition: the set of clips, by name; features: what the system heard, '-' for a control; clips, recordings: figures of each."""

    format: str
    system: str
    features: str
    condition: str
    split: SplitRecord
    test: ScoredClips
    clips: Estimates
    recordings: Estimates
    facts: Facts
    num_draws: int  # bootstrap draws of recordings behind the intervals
    version: Version
    command: str

    @property
    def is_control(self) -> bool:
        return self.system in CONTROLS

    def write(self, path: str | Path) -> None:
        """Write as JSON, atomically."""
        write_json(path, to_dict(self))

    def summary(self) -> str:
        """Two lines for people: the figures, and what they are of."""
        clips, recordings = self.clips, self.recordings
        accuracy = f"{percent(clips.accuracy.value)} % [{percent(clips.accuracy.low)}, {percent(clips.accuracy.high)}]"
        return (
            f"accuracy {accuracy}  balanced {percent(clips.balanced_accuracy.value)} %  AUC {percent(clips.auc.value)} %  by recording: "
            f"accuracy {percent(recordings.accuracy.value)} %  ({self.system}, {self.features}, {self.condition}"
            f"{', synthetic' if self.facts.synthetic else ''})\n"
            f"{self.split.label}: {self.split.leak()}"
        )


def estimate(classified: Classified, num_draws: int) -> Estimates:
    """All figures with their intervals. Raises DataError as `bootstrap` does."""
    return Estimates(*(Estimate(*ends) for ends in zip(measure(classified), *bootstrap(classified, num_draws), strict=True)))


def read_class_result(path: str | Path) -> ClassResult:
    """Read a `result.json` of score_classes.py. Raises DataError for anything else."""
    try:
        values = json.loads(Path(path).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise DataError(path, f"cannot be read: {error}") from None
    if not isinstance(values, dict) or values.get("format") != FORMAT:
        raise DataError(path, f'not a result of score_classes.py: it has no "format": "{FORMAT}"')
    return from_dict(ClassResult, values, str(path))
