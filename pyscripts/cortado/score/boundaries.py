"""How far the boundaries of aligned words or phones lie from reference ones."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from cortado.datadir.table import few
from cortado.errors import CortadoError
from cortado.lang.ctm import Timed

TOLERANCES = (0.01, 0.02, 0.05)  # seconds


class BoundaryErrors(NamedTuple):
    """Of starts and ends together, in seconds; `bias` > 0: later than the reference. `within`: the share within each of TOLERANCES."""

    num_boundaries: int
    median_absolute: float
    mean_absolute: float
    bias: float
    within: tuple[float, ...]


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


def summarise(errors: Sequence[np.ndarray]) -> BoundaryErrors:
    """Over all boundaries of all utterances. Times are looked at to the microsecond, so that 20 ms are within 20 ms."""
    flat = np.round(np.concatenate([part.ravel() for part in errors]), 6)
    if not len(flat):
        raise CortadoError("there is no boundary to compare")
    absolute = np.abs(flat)
    within = tuple(float((absolute <= tolerance).mean()) for tolerance in TOLERANCES)
    return BoundaryErrors(len(flat), float(np.median(absolute)), float(absolute.mean()), float(flat.mean()), within)


def interval_of_mean(errors: Sequence[np.ndarray], num_draws: int = 1000, seed: int = 0) -> tuple[float, float]:
    """95 % interval of the mean absolute error, by bootstrap over utterances."""
    sums = np.array([np.abs(part).sum() for part in errors])
    counts = np.array([part.size for part in errors])
    drawn = np.random.default_rng(seed).integers(len(errors), size=(num_draws, len(errors)))
    return tuple(np.quantile(sums[drawn].sum(axis=1) / counts[drawn].sum(axis=1), [0.025, 0.975]).tolist())
