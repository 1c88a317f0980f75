"""The contours of a corpus, and how they divide into phrases, recordings and singers."""

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Literal, NamedTuple

import numpy as np

from cortado import ark
from cortado.datadir import DataDir
from cortado.datadir.table import few
from cortado.errors import DataError
from cortado.motifs.contour import END, FRAME_SHIFT, START, SYMBOL

Unit = Literal["phrase", "recording", "singer", "corpus"]


class Contours(NamedTuple):
    """Line segments of recordings one after the other, by singer, then by recording. Arrays are (num_segments,) int32."""

    recordings: list[str]  # names, by number
    singers: list[str]  # of each recording
    recording: np.ndarray  # number of each segment's recording, ascending
    starts: np.ndarray  # first frame
    ends: np.ndarray  # the frame after the last
    symbols: np.ndarray  # of the step from the segment before; 0 for the first of a phrase

    def units(self, unit: Unit) -> np.ndarray:
        """(num_segments,) int: the number, from 0 and ascending, of the phrase, recording, singer or corpus that each segment is in."""
        if unit == "phrase":
            return np.cumsum(self.symbols == 0) - 1
        if unit == "recording":
            return self.recording - self.recording[:1]
        if unit == "singer":
            numbers = np.unique(self.singers, return_inverse=True)[1][self.recording]
            return numbers - numbers[:1]
        return np.zeros_like(self.recording)

    def parts(self, unit: Unit) -> Iterator["Contours"]:
        """The contours of each phrase, each recording, each singer, or all of them."""
        edges = np.flatnonzero(np.diff(self.units(unit), prepend=-1, append=len(self.symbols)))
        for first, last in pairwise(edges):
            yield Contours(self.recordings, self.singers, *(array[first:last] for array in self[2:]))

    def present(self, unit: Literal["recording", "singer"]) -> list[str]:
        """The names of the recordings, or of the singers, that have segments here."""
        names = self.recordings if unit == "recording" else self.singers
        return list(dict.fromkeys(names[number] for number in np.unique(self.recording)))


def read_contours(data_dir: DataDir) -> Contours:
    """The contours of contour.scp, which may lack recordings of utt2spk. Raises DataError where it is missing or malformed."""
    path = data_dir.path / "contour.scp"
    if not path.is_file():
        raise DataError(path, "no such file; steps/make_contours.sh makes it")
    rxfiles = data_dir.table("contour.scp")
    if unknown := sorted(rxfiles.keys() - data_dir.utt2spk.keys()):
        raise DataError(path, f"has {len(unknown)} recordings that utt2spk lacks: {few(unknown)}")
    recordings = sorted(rxfiles, key=lambda recording: (data_dir.utt2spk[recording], recording))
    contours = [_checked(path, recording, ark.read(rxfiles[recording])) for recording in recordings]
    numbers = np.repeat(np.arange(len(contours), dtype=np.int32), [len(contour) for contour in contours])
    columns = np.concatenate(contours).T
    singers = [data_dir.utt2spk[recording] for recording in recordings]
    return Contours(recordings, singers, numbers, *(np.ascontiguousarray(columns[column]) for column in (START, END, SYMBOL)))


def _checked(path: Path, recording: str, contour: np.ndarray) -> np.ndarray:
    """A contour as whole numbers, (num_segments, 4) int32."""
    if contour.ndim != 2 or contour.shape[1] != 4:
        raise DataError(path, f"{recording}: a contour is a matrix of 4 columns, this one has shape {contour.shape}")
    if not np.isfinite(contour).all():
        raise DataError(path, f"{recording}: holds NaN or infinite values")
    rows = np.round(contour).astype(np.int32)
    if not np.array_equal(rows[:, SYMBOL], contour[:, SYMBOL]) or rows[:1, SYMBOL].any():
        raise DataError(path, f"{recording}: symbols must be whole numbers, that of the first segment 0")
    if (rows[:, START] >= rows[:, END]).any() or (rows[1:, START] < rows[:-1, END]).any():
        raise DataError(path, f"{recording}: segments must follow one another in time, each of one frame or more")
    return rows


def frame_start(frame: int) -> float:
    """When a frame begins, half a frame before its centre: seconds, to a tenth of a millisecond."""
    return round(max(float(frame) - 0.5, 0.0) * FRAME_SHIFT, 4)
