"""Quality measures: what makes the scores of an utterance high or low for everybody, so that calibration can allow for it.

J. Thienpondt et al., "The IDLab VoxSRC-20 submission: large margin fine-tuning and quality-aware score calibration in DNN based
speaker verification", ICASSP 2021. A measure is a table 'key value'; a trial has the lesser and the greater of its two sides' values.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from cortado.datadir.table import read_table
from cortado.errors import ConfigError, DataError
from cortado.score.asnorm import BLOCK_BYTES, cohort_statistics
from cortado.score.back_end import Cohort
from cortado.score.embeddings import Embeddings

MEASURES = ("log_dur", "log_magnitude", "cohort_mean")


def quality_measures(embeddings: Embeddings, seconds: Mapping[str, float], cohort: Cohort, top_n: int) -> dict[str, np.ndarray]:
    """The MEASURES of each embedding, (num,) float64 each: logarithm of its seconds and of the length of the vector, and the mean of
    its `top_n` highest cosine scores against the cohort, as in adaptive score normalisation.

    Raises DataError for an utterance without a duration above 0 and for a vector of length 0; ConfigError as `cohort_statistics` does.
    """
    for key in embeddings.keys:
        if not seconds.get(key, 0) > 0:
            raise DataError(embeddings.source, f"{key} has no duration above 0: {seconds.get(key)}")
    units = embeddings.centred(cohort.mean).unit().vectors
    block = max(1, BLOCK_BYTES // cohort.speakers.vectors[:, 0].nbytes)
    parts = [cohort_statistics(units[start : start + block], cohort.speakers.vectors, top_n)[0] for start in range(0, len(units), block)]
    log_dur = np.log([seconds[key] for key in embeddings.keys])
    log_magnitude = np.log(np.linalg.norm(embeddings.vectors.astype(np.float64), axis=1))
    return dict(zip(MEASURES, (log_dur, log_magnitude, np.concatenate(parts)), strict=True))


class QualityTables:
    """The tables <folder>/<measure> of all folders together, for the features of trials."""

    def __init__(self, folders: Sequence[str | Path], measures: Sequence[str]):
        """Raises DataError as read_numbers does; ConfigError when there are measures but no folder."""
        if measures and not folders:
            raise ConfigError(f"the quality measures {', '.join(measures)} need folders that hold them; measure_quality.sh makes one")
        self.paths = {measure: [Path(folder, measure) for folder in folders] for measure in measures}
        self.values = {measure: {k: v for path in paths for k, v in read_numbers(path).items()} for measure, paths in self.paths.items()}

    def features(self, enrol: Sequence[str], test: Sequence[str]) -> np.ndarray:
        """(num_trials, 2 num_measures) float64: of each measure the lesser and the greater value of both sides.

        Raises DataError for a key that has no value.
        """
        columns = []
        for measure, value_of in self.values.items():
            try:
                sides = [np.array([value_of[key] for key in keys]) for keys in (enrol, test)]
            except KeyError as error:
                raise DataError(" ".join(map(str, self.paths[measure])), f"has no value for {error.args[0]}") from None
            columns += [np.minimum(*sides), np.maximum(*sides)]
        return np.column_stack(columns) if columns else np.empty((len(enrol), 0))


def read_numbers(path: str | Path) -> dict[str, float]:
    """A table 'key number'. Raises DataError as read_table does, and with the line for what is no finite number."""
    numbers = {}
    for line, (key, value) in enumerate(read_table(path).items(), 1):
        try:
            numbers[key] = float(value)
        except ValueError:
            numbers[key] = np.nan
        if not np.isfinite(numbers[key]):
            raise DataError(path, f"expected a number for {key}, found {value!r}", line)
    return numbers
