"""From the names in trials to rows of embeddings and numbers of speakers; whatever does not fit is named with its line."""

from collections.abc import Collection, Iterator, Mapping

import numpy as np

from cortado.datadir.trials import Trials, trial_blocks
from cortado.errors import DataError
from cortado.score.embeddings import Embeddings
from cortado.score.split_list import Part

BLOCK_TRIALS = 1 << 20


class RowLookup:
    """Finds the two rows of each trial of the list `path`, and checks its label against the speakers of `utt2spk`.

    enrol_speaker, test_speaker: speaker number of each embedding of the two tables, in the order of the names, -1 for one without
    a speaker. trained_on: speakers that must not occur, since the model that is to score the trials was trained on them.
    """

    def __init__(
        self,
        path: str,
        enrol: Embeddings,
        test: Embeddings,
        utt2spk: Mapping[str, str],
        utt2spk_path: str,
        trained_on: Collection[str] = (),
    ):
        self.path, self.enrol, self.test, self.utt2spk, self.utt2spk_path = path, enrol, test, utt2spk, utt2spk_path
        speakers = sorted(set(utt2spk.values()))
        self.refused = np.isin(speakers, list(trained_on))
        number = {speaker: i for i, speaker in enumerate(speakers)}
        self.enrol_speaker, self.test_speaker = (
            np.array([number.get(utt2spk.get(key), -1) for key in table.keys], dtype=np.int32) for table in (enrol, test)
        )

    def __call__(self, trials: Trials, lines_before: int) -> tuple[np.ndarray, np.ndarray]:
        """The rows of both sides, (num_trials,) int64 each.

        Raises DataError with the line, `lines_before` being those before the first of these trials, for a key without a speaker or
        an embedding, for a label that contradicts the speakers, and for a speaker of `trained_on`.
        """
        enrol = self._rows(trials.enrol, self.enrol, self.enrol_speaker, lines_before)
        test = self._rows(trials.test, self.test, self.test_speaker, lines_before)
        wrong = np.flatnonzero((self.enrol_speaker[enrol] == self.test_speaker[test]) != trials.is_target)
        if len(wrong):
            first = int(wrong[0])
            label, truth = ("target", "two speakers") if trials.is_target[first] else ("nontarget", "one speaker")
            pair = f"{trials.enrol[first]} {trials.test[first]}"
            reason = f"{pair} is labelled {label}, but they are {truth} in {self.utt2spk_path}"
            raise DataError(self.path, reason, lines_before + first + 1)
        return enrol, test

    def blocks(self, part: Part) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """The rows of the trials in a part of the list, BLOCK_TRIALS trials or a little more at a time. Raises as trial_blocks does."""
        pending, num_pending, line = [], 0, part.lines_before
        for trials in trial_blocks(self.path, part.start, part.stop, part.lines_before):
            pending.append(self(trials, line))
            line += len(trials.enrol)
            num_pending += len(trials.enrol)
            if num_pending >= BLOCK_TRIALS or line == part.lines_before + part.num_trials:
                enrol, test = zip(*pending, strict=True)
                yield np.concatenate(enrol), np.concatenate(test)
                pending, num_pending = [], 0

    def _rows(self, keys: list[str], table: Embeddings, speaker_of_row: np.ndarray, lines_before: int) -> np.ndarray:
        rows = table.rows(keys)
        unfit = np.flatnonzero((rows < 0) | (speaker_of_row[rows] < 0))
        if len(unfit):
            first = int(unfit[0])
            has_speaker = keys[first] in self.utt2spk
            reason = f"embedding in {table.source}" if has_speaker else f"speaker in {self.utt2spk_path}"
            raise DataError(self.path, f"{keys[first]} has no {reason}", lines_before + first + 1)
        if self.refused.any() and self.refused[speaker_of_row[rows]].any():
            first = int(np.argmax(self.refused[speaker_of_row[rows]]))
            reason = f"{keys[first]} is of {self.utt2spk[keys[first]]}, on whom the model was trained that is to score it"
            raise DataError(self.path, reason, lines_before + first + 1)
        return rows


def used_rows(path: str, enrol: Embeddings, test: Embeddings) -> tuple[np.ndarray, np.ndarray]:
    """The rows of both tables that occur in a trial list, sorted. Keys without an embedding are left to RowLookup."""
    enrol_keys: set[str] = set()
    test_keys: set[str] = set()
    for block in trial_blocks(path):
        enrol_keys.update(block.enrol)
        test_keys.update(block.test)
    return _sorted_rows(enrol, enrol_keys), _sorted_rows(test, test_keys)


def _sorted_rows(table: Embeddings, keys: set[str]) -> np.ndarray:
    rows = np.sort(table.rows(list(keys)))
    return rows[rows >= 0]
