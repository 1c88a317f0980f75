"""How a data directory was split into train, valid and test: the file split.json, which every result carries along."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from cortado.config import from_dict, to_dict
from cortado.errors import DataError
from cortado.files import write_json

FORMAT = "cortado split 1"

Kind = Literal["recording", "overlap", "random"]
UNITS: dict[Kind, str] = {"recording": "recording", "overlap": "overlap group", "random": "clip"}


@dataclass(frozen=True)
class PartSize:
    clips: int
    recordings: int


@dataclass(frozen=True)
class SplitRecord:
    """num_copies, num_overlapping: test clips with a copy in train or valid, and those that share `min_run` samples with a clip there."""

    format: str
    kind: Kind
    seed: int
    train: PartSize
    valid: PartSize
    test: PartSize
    num_copies: int
    num_overlapping: int
    min_run: int

    @property
    def label(self) -> str:
        """For tables and plots."""
        return "random split of clips, a reproduction" if self.kind == "random" else f"split by {UNITS[self.kind]}"

    @property
    def copy_share(self) -> float:
        """The share of the test clips with a copy in training."""
        return self.num_copies / self.test.clips

    @property
    def overlap_share(self) -> float:
        """The share of the test clips that share samples with training."""
        return self.num_overlapping / self.test.clips

    def leak(self) -> str:
        """How far the test clips are known from training, in words."""
        copies, overlapping = 100 * self.copy_share, 100 * self.overlap_share
        return f"of {self.test.clips} test clips, {copies:.1f} % have a copy in training and {overlapping:.1f} % share samples with it"

    def write(self, path: str | Path) -> None:
        """Write as JSON, atomically."""
        write_json(path, to_dict(self))


def read_split_record(path: str | Path) -> SplitRecord:
    """Read a split.json. Raises DataError for anything else."""
    try:
        values = json.loads(Path(path).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise DataError(path, f"cannot be read: {error}") from None
    if not isinstance(values, dict) or values.get("format") != FORMAT:
        raise DataError(path, f'not a record of split_recordings.py: it has no "format": "{FORMAT}"')
    return from_dict(SplitRecord, values, str(path))
