"""How far the boundaries of aligned words or phones lie from reference ones, and the record of it, `boundaries.json`."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from cortado.config import from_dict, to_dict
from cortado.datadir.table import few
from cortado.errors import CortadoError, DataError
from cortado.files import write_json
from cortado.lang.ctm import Timed
from cortado.score.result import Facts, Version

FORMAT = "cortado boundary errors 1"

TOLERANCES = (0.01, 0.02, 0.05)  # seconds


@dataclass(frozen=True)
class BoundaryErrors:
    """Of starts and ends together, in seconds; `bias` > 0: later than the reference. `within`: the share within each of TOLERANCES;
    `mean_low` and `mean_high`: the 95 % interval of the mean, by bootstrap over utterances.
    """

    num_utterances: int
    num_boundaries: int
    median_absolute: float
    mean_absolute: float
    mean_low: float
    mean_high: float
    bias: float
    within: tuple[float, ...]

    def summary(self) -> str:
        """One line for people, in milliseconds."""
        shares = ", ".join(f"{100 * share:.1f} % within {1000 * limit:g}" for limit, share in zip(TOLERANCES, self.within, strict=True))
        mean = f"mean {1000 * self.mean_absolute:.1f} [{1000 * self.mean_low:.1f}, {1000 * self.mean_high:.1f}]"
        head = f"{self.num_boundaries} boundaries of {self.num_utterances} utterances: median {1000 * self.median_absolute:.1f} ms"
        return f"{head}, {mean}, bias {1000 * self.bias:+.1f}; {shares}"


@dataclass(frozen=True)
class BoundaryResult:
    """The errors of one alignment; `reference` and `aligned` are the CTM files."""

    format: str
    system: str
    condition: str
    reference: str
    aligned: str
    errors: BoundaryErrors
    facts: Facts
    version: Version
    command: str

    def write(self, path: str | Path) -> None:
        """Write as JSON, atomically."""
        write_json(path, to_dict(self))


def read_boundary_result(path: str | Path) -> BoundaryResult:
    """Read a `boundaries.json` of compare_ctm.py. Raises DataError for anything else."""
    try:
        values = json.loads(Path(path).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise DataError(path, f"cannot be read: {error}") from None
    if not isinstance(values, dict) or values.get("format") != FORMAT:
        raise DataError(path, f'not a result of compare_ctm.py: it has no "format": "{FORMAT}"')
    return from_dict(BoundaryResult, values, str(path))


def differences(reference: Mapping[str, Sequence[Timed]], aligned: Mapping[str, Sequence[Timed]]) -> dict[str, np.ndarray]:
    """For each utterance of `aligned`: aligned less reference starts and ends, (labels, 2) seconds.

    Raises CortadoError for an utterance without a reference, or with other labels in it.
    """
    missing = [utt for utt in aligned if utt not in reference]
    if missing:
        raise CortadoError(f"the reference times lack {len(missing)} utterances: {few(missing)}")
    return {utt: _difference(utt, reference[utt], said) for utt, said in aligned.items()}


def _difference(utt: str, reference: Sequence[Timed], aligned: Sequence[Timed]) -> np.ndarray:
    labels = [[timed.label for timed in said] for said in (reference, aligned)]
    if labels[0] != labels[1]:
        raise CortadoError(f"utterance {utt}: the alignment is of '{' '.join(labels[1])}', the reference of '{' '.join(labels[0])}'")
    times = [np.array([timed[:2] for timed in said]).reshape(-1, 2) for said in (reference, aligned)]
    return times[1] - times[0]


def summarise(errors: Sequence[np.ndarray], num_draws: int = 1000, seed: int = 0) -> BoundaryErrors:
    """Over all boundaries of all utterances, each as of `differences`. Times are looked at to the microsecond, so that 20 ms are within
    20 ms. Raises CortadoError where there is no boundary.
    """
    flat = np.round(np.concatenate([part.ravel() for part in errors]), 6)
    if not len(flat):
        raise CortadoError("there is no boundary to compare")
    absolute = np.abs(flat)
    sums, counts = (np.array([value(part) for part in errors]) for value in (lambda part: np.abs(part).sum(), np.size))
    drawn = np.random.default_rng(seed).integers(len(errors), size=(num_draws, len(errors)))
    low, high = np.quantile(sums[drawn].sum(axis=1) / np.maximum(counts[drawn].sum(axis=1), 1), [0.025, 0.975]).tolist()
    within = tuple(float((absolute <= tolerance).mean()) for tolerance in TOLERANCES)
    mean, bias = float(absolute.mean()), float(flat.mean())
    return BoundaryErrors(len(errors), len(flat), float(np.median(absolute)), mean, low, high, bias, within)
