"""Score files, 'enrol test score' for each trial of a list in its order, read side by side with the list in bounded memory."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from itertools import islice
from pathlib import Path

import numpy as np

from cortado.datadir.trials import Trials, trial_blocks
from cortado.errors import DataError


def scored_trials(trials_path: str | Path, score_paths: Sequence[str | Path]) -> Iterator[tuple[Trials, np.ndarray]]:
    """The trials of a list a block at a time, and the scores of every file, (num_trials, num_files) float64.

    Raises DataError with its line for the first line of a score file that is not 'enrol test score' of the list's trial there, for a
    file with fewer or more lines than the list, and for a score that is not finite; and as trial_blocks does.
    """
    lines_before = 0
    with ExitStack() as stack:
        files = [stack.enter_context(_open(path)) for path in score_paths]
        for trials in trial_blocks(trials_path):
            columns = [_scores(path, file, trials, lines_before) for path, file in zip(score_paths, files, strict=True)]
            lines_before += len(trials.enrol)
            yield trials, np.column_stack(columns)
        for path, file in zip(score_paths, files, strict=True):
            if file.readline():
                raise DataError(path, f"has a line beyond the {lines_before} trials of {trials_path}", lines_before + 1)


def _open(path: str | Path):
    try:
        return open(path, encoding="utf-8", errors="surrogateescape")
    except OSError as error:
        raise DataError(path, f"cannot be read: {error.strerror}; score_trials.sh writes it") from None


def _scores(path: str | Path, file, trials: Trials, lines_before: int) -> np.ndarray:
    lines = list(islice(file, len(trials.enrol)))
    fields = " ".join(lines).split()
    try:
        scores = np.array(fields[2::3], dtype=np.float64)
        fits = fields[0::3] == trials.enrol and fields[1::3] == trials.test and len(scores) == len(trials.enrol)
    except ValueError:
        fits = False
    if not fits or not np.isfinite(scores).all():
        _refuse(path, lines, trials, lines_before)
    return scores


def _refuse(path: str | Path, lines: list[str], trials: Trials, lines_before: int) -> None:
    """Raise for the first line that does not fit."""
    for number, (line, *pair) in enumerate(zip(lines, trials.enrol, trials.test, strict=False), lines_before + 1):
        fields = line.split()
        if len(fields) != 3 or not _is_finite(fields[2]):
            raise DataError(path, f"expected 'enrol test score', found {line.rstrip()!r}", number)
        if fields[:2] != pair:
            raise DataError(path, f"is a score of {fields[0]} {fields[1]}, but the list has {' '.join(pair)} here", number)
    line = lines_before + len(lines)
    raise DataError(path, f"ends before the trial {trials.enrol[len(lines)]} {trials.test[len(lines)]} of the list", line)


def _is_finite(text: str) -> bool:
    try:
        return bool(np.isfinite(float(text)))
    except ValueError:
        return False
