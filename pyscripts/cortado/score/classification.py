"""What a closed-set classification is worth, by clip and by recording: accuracy, balanced accuracy, macro AUC, confusions, intervals.

A recording is classified by the mean log posterior over its clips. Intervals are over recordings, of which those drawn come with all
their clips: clips of one recording share its room, microphone and take, so that a thousand of them are far from a thousand observations.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import NamedTuple

import numpy as np

from cortado.ark import open_table
from cortado.command import progress
from cortado.datadir import DataDir
from cortado.datadir.recordings import recordings_of
from cortado.datadir.table import few, read_list
from cortado.errors import DataError
from cortado.score.metrics import RankedTrials, auc


class Figures(NamedTuple):
    """Fractions in [0, 1]. Balanced accuracy: the mean over classes of the share recognised. auc: the mean over classes of the area under
    the ROC of the class against all others, ties counting one half. Classes without a clip are left out of both means.
    """

    accuracy: float
    balanced_accuracy: float
    auc: float


@dataclass(frozen=True)
class Classified:
    """names: of the clips, or of the recordings; log_posteriors: (num_clips, num_classes) float64, natural logarithms, which need not be
    normalised; labels: (num_clips,) int64, numbers of the true classes; recordings: (num_clips,) int64, numbers into recording_names.
    """

    names: list[str]
    classes: list[str]
    log_posteriors: np.ndarray
    labels: np.ndarray
    recordings: np.ndarray
    recording_names: list[str]

    @property
    def predicted(self) -> np.ndarray:
        """(num_clips,) int64, the first of the most likely classes."""
        return self.log_posteriors.argmax(axis=1)

    def by_recording(self) -> "Classified":
        """The recordings in place of their clips."""
        num_clips = np.bincount(self.recordings)
        sums = np.zeros((len(num_clips), len(self.classes)))
        np.add.at(sums, self.recordings, self.log_posteriors)
        labels = np.empty(len(num_clips), np.int64)
        labels[self.recordings] = self.labels
        numbers = np.arange(len(num_clips))
        return Classified(self.recording_names, self.classes, sums / num_clips[:, None], labels, numbers, self.recording_names)

    def confusion(self) -> np.ndarray:
        """How many clips of each class (row) were taken for each (column): (num_classes, num_classes) int64."""
        size = len(self.classes)
        return np.bincount(self.labels * size + self.predicted, minlength=size * size).reshape(size, size)


def read_classified(posteriors: str | Path, data_dir: DataDir) -> Classified:
    """The clips of `data_dir` as the folder `posteriors` classifies them: posteriors.scp, vectors in the order of the list `classes`.

    Raises DataError for clips that only one of the two has, for vectors of another length or with values that are not finite, for speakers
    that are no class, and for recordings of two speakers.
    """
    folder = Path(posteriors)
    classes, scp = read_list(folder / "classes"), folder / "posteriors.scp"
    number_of = {name: number for number, name in enumerate(classes)}
    if unknown := sorted(data_dir.spk2utt.keys() - number_of.keys()):
        raise DataError(folder / "classes", f"has no class for speakers of {data_dir.path}: {few(unknown)}")
    vectors = dict(open_table(f"scp:{scp}"))
    for one, other, reason in (
        (data_dir.utt2spk, vectors, f"lacks clips of {data_dir.path}"),
        (vectors, data_dir.utt2spk, f"has clips that are not in {data_dir.path}"),
    ):
        if missing := sorted(one.keys() - other.keys()):
            raise DataError(scp, f"{reason}: {few(missing)}")
    for clip, vector in vectors.items():
        if vector.shape != (len(classes),) or not np.isfinite(vector).all():
            raise DataError(scp, f"{clip} is no vector of {len(classes)} finite values, one for each of classes")
    names, recordings = data_dir.utterances, recordings_of(data_dir)
    recording_names, numbers = np.unique([recordings[clip] for clip in names], return_inverse=True)
    labels = np.array([number_of[data_dir.utt2spk[clip]] for clip in names])
    log_posteriors = np.array([vectors[clip] for clip in names], np.float64)
    return Classified(names, classes, log_posteriors, labels, numbers, recording_names.tolist())


class Measure:
    """The figures of classified clips for any weights of the recordings: what is sorted once is kept.

    Raises DataError where all clips are of one class, so that there is no AUC.
    """

    def __init__(self, classified: Classified):
        present = np.unique(classified.labels)
        if len(present) < 2:
            raise DataError("test set", f"all {len(classified.names)} clips are of {classified.classes[present[0]]}: nothing is told apart")
        self.recordings = classified.recordings
        self.is_correct = classified.predicted == classified.labels
        self.ranked = [RankedTrials(classified.log_posteriors[:, label], classified.labels == label) for label in present]
        self.is_class = np.stack([classified.labels == label for label in present])

    def __call__(self, counts: np.ndarray) -> Figures:
        """The figures where each recording comes `counts` times, (num_recordings,), of two classes at least."""
        weights = counts[self.recordings].astype(np.float64)
        per_class, correct = self.is_class @ weights, self.is_class @ (weights * self.is_correct)
        there = np.flatnonzero(per_class)
        areas = [auc(self.ranked[i].roc(weights[self.ranked[i].order])) for i in there]
        return Figures(correct.sum() / per_class.sum(), float(np.mean(correct[there] / per_class[there])), float(np.mean(areas)))

    def num_classes(self, counts: np.ndarray) -> int:
        """How many classes occur where each recording comes `counts` times."""
        return int(np.count_nonzero(self.is_class @ counts[self.recordings]))


def measure(classified: Classified) -> Figures:
    """The figures, every clip counting once. Raises DataError where all are of one class."""
    return Measure(classified)(np.ones(len(classified.recording_names)))


def bootstrap(classified: Classified, num_draws: int = 1000, level: float = 0.95, seed: int = 0) -> tuple[Figures, Figures]:
    """The lower and upper ends of percentile intervals over draws of recordings, with replacement and with all their clips.

    A draw that leaves a single class has no AUC and is passed over. The same seed gives the same intervals. Raises DataError for a single
    class.
    """
    of_counts = Measure(classified)
    drawn = islice(_draws(of_counts, len(classified.recording_names), seed), num_draws)
    values = np.array([of_counts(counts) for counts in progress(drawn, num_draws, "bootstrap draws")])
    low, high = np.quantile(values, [(1 - level) / 2, (1 + level) / 2], axis=0).tolist()
    return Figures(*low), Figures(*high)


def _draws(of_counts: Measure, num_recordings: int, seed: int) -> Iterator[np.ndarray]:
    """How often each recording comes, in draw after draw of as many as there are, of two classes or more."""
    rng = np.random.default_rng(seed)
    while True:
        counts = np.bincount(rng.integers(num_recordings, size=num_recordings), minlength=num_recordings)
        if of_counts.num_classes(counts) > 1:
            yield counts
