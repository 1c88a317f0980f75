"""The speech frames of a data directory, read utterance by utterance; memory does not grow with the data."""

import sys
from collections.abc import Iterable, Iterator

import numpy as np
import torch

from cortado import ark
from cortado.datadir import DataDir
from cortado.datadir.lengths import read_lengths
from cortado.datadir.table import few
from cortado.distributed import gather, rank, share
from cortado.errors import CortadoError, DataError
from cortado.ivector.front_end import FrontEnd

BLOCK = 2048  # frames that are worked on at once: with 2048 Gaussians over 60 dimensions, 0.1 GiB


class SpeechFrames:
    """What the models see of the utterances in `feats.scp`, sorted as it is.

    Raises DataError where the data directory has no vad.scp though the front end wants one, or it lacks an utterance.
    """

    def __init__(self, data_dir: DataDir, front_end: FrontEnd):
        self.data_dir, self.front_end = data_dir, front_end
        self.feats_scp = data_dir.feats_scp
        self.utterances = list(self.feats_scp)
        self.feat_dim = ark.read_shape(next(iter(self.feats_scp.values())))[1]
        self.dim = front_end.dim(self.feat_dim)
        if front_end.vad and (missing := self.feats_scp.keys() - data_dir.table("vad.scp").keys()):
            raise DataError(data_dir.path / "vad.scp", f"has no line for {len(missing)} utterances: {few(sorted(missing))}")

    def read(self, utterance: str) -> torch.Tensor:
        """(num_speech, dim) float64, 0 rows where nothing is speech. Raises DataError naming utterance and file for features
        that have another dimension, NaN or infinite values, or another number of frames than their decisions.
        """
        rxfile = self.feats_scp[utterance]
        feats = self._load(utterance, rxfile)
        if feats.ndim != 2 or feats.shape[1] != self.feat_dim:
            raise DataError(rxfile, f"the features of {utterance} are {feats.shape}, those of the first have {self.feat_dim} columns")
        if not np.isfinite(feats).all():
            raise DataError(rxfile, f"the features of {utterance} have NaN or infinite values")
        decisions = self._decisions(utterance) if self.front_end.vad else None
        if decisions is not None and len(decisions) != len(feats):
            raise DataError(
                self.data_dir.path / "vad.scp", f"utterance {utterance} has {len(decisions)} decisions and {len(feats)} frames of features"
            )
        return self.front_end(torch.from_numpy(feats), decisions)

    def count(self, utterances: list[str]) -> list[int]:
        """The number of speech frames of each, without reading the features."""
        if self.front_end.vad:
            return [int(self._decisions(utterance).sum()) for utterance in utterances]
        return list(map(int, read_lengths(self.data_dir, "utt2num_frames", utterances)))

    def _decisions(self, utterance: str) -> torch.Tensor:
        return torch.from_numpy(self._load(utterance, self.data_dir.table("vad.scp")[utterance])) > 0.5

    def _load(self, utterance: str, rxfile: str) -> np.ndarray:
        try:
            return ark.read(rxfile)
        except DataError as error:
            raise CortadoError(f"utterance {utterance}: {error}") from None


def count_speech(frames: SpeechFrames, allow_missing: int) -> dict[str, int]:
    """Utterance -> number of speech frames, of those that have some. The ranks share the work, and all get the whole.

    Utterances without speech are named; raises CortadoError when they are more than `allow_missing`.
    """
    mine = share(len(frames.utterances))
    parts = gather(frames.count(frames.utterances[mine.start : mine.stop]))
    counts = dict(zip(frames.utterances, (count for part in parts for count in part), strict=True))
    silent = [utterance for utterance, count in counts.items() if count == 0]
    if rank() == 0:
        for utterance in silent:
            print(f"no speech: utterance {utterance}: {frames.feats_scp[utterance]}", file=sys.stderr, flush=True)
    refuse_too_many(len(silent), len(counts), frames.data_dir, allow_missing)
    return {utterance: count for utterance, count in counts.items() if count}


def refuse_too_many(num_silent: int, total: int, data_dir: DataDir, allow_missing: int) -> None:
    """Raise CortadoError when more utterances than `allow_missing` have no speech frame."""
    if num_silent > allow_missing:
        raise CortadoError(
            f"{num_silent} of {total} utterances of {data_dir.path} have no speech frame, named above: remove them, change the "
            f"thresholds of the voice activity detection, or allow for them with --allow-missing (now {allow_missing})"
        )


def in_blocks(matrices: Iterable[torch.Tensor], size: int = BLOCK) -> Iterator[torch.Tensor]:
    """The rows of all matrices, in their order, as matrices of `size` rows; the last may have fewer, but at least one."""
    waiting: list[torch.Tensor] = []
    num_waiting = 0
    for matrix in matrices:
        waiting.append(matrix)
        num_waiting += len(matrix)
        if num_waiting >= size:
            *whole, rest = torch.cat(waiting).split(size)
            yield from whole
            waiting, num_waiting = [rest], len(rest)
            if num_waiting == size:
                yield rest
                waiting, num_waiting = [], 0
    if num_waiting:
        yield torch.cat(waiting)
