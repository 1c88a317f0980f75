"""Random crops of utterances, from feature arks or from waveforms. A crop costs its own length, not its utterance's."""

from typing import Protocol

import numpy as np
import torch

from cortado import ark
from cortado.config import ClassSpec
from cortado.datadir import DataDir
from cortado.datadir.audio import read_audio
from cortado.errors import CortadoError, DataError
from cortado.feats.augmenter import Augmenter


class Crops(Protocol):
    """Where crops come from. `utterances` are the keys, `num_frames` their lengths: (num_utterances,) int64."""

    utterances: list[str]
    num_frames: np.ndarray
    feat_dim: int

    def read(self, index: int, start: int, stop: int, rng: np.random.Generator) -> np.ndarray:
        """Frames [start, stop) of utterance `index`: (stop - start, dim) float32; `rng` serves the augmentation."""


class ArkCrops:
    """Crops of the features in a data directory's feats.scp. Its utt2num_frames gives the lengths."""

    def __init__(self, data_dir: DataDir):
        scp = data_dir.table("feats.scp")
        frames = data_dir.table("utt2num_frames")
        self.utterances = list(scp)
        self._rxfiles = list(scp.values())
        missing = [utt for utt in self.utterances if utt not in frames]
        if missing:
            raise DataError(data_dir.path / "utt2num_frames", f"no length for {missing[0]} and {len(missing) - 1} others of feats.scp")
        self.num_frames = np.array([int(frames[utt]) for utt in self.utterances], np.int64)
        self.feat_dim = ark.read_shape(self._rxfiles[0])[1]

    def read(self, index: int, start: int, stop: int, rng: np.random.Generator) -> np.ndarray:
        return ark.read_part(self._rxfiles[index], start, stop)


class WaveCrops:
    """Crops computed from the waveforms of a data directory, each augmented afresh: no copy of the data on disk.

    `features` is the class of the features and its arguments, as in conf/fbank.yaml; `augment` the perturbations. Only the
    samples of a crop are decoded. The data directory's utt2dur gives the lengths (utils/data/get_utt2dur.sh writes it).
    """

    def __init__(self, data_dir: DataDir, features: ClassSpec, augment: Augmenter | None = None):
        self._extractor, self._augment = features.build(), augment
        durations = data_dir.table("utt2dur")
        self._sources = _wave_sources(data_dir)
        self.utterances = list(self._sources)
        missing = [utt for utt in self.utterances if utt not in durations]
        if missing:
            raise DataError(data_dir.path / "utt2dur", f"no duration for {missing[0]} and {len(missing) - 1} others")
        rate = self._extractor.sample_frequency
        samples = [int(float(durations[utt]) * rate) for utt in self.utterances]
        self.num_frames = np.array([self._extractor.num_frames(n) for n in samples], np.int64)
        if (self.num_frames < 1).any():
            short = self.utterances[int(self.num_frames.argmin())]
            raise DataError(data_dir.path / "utt2dur", f"utterance {short} is shorter than one frame")
        self.feat_dim = self._extractor.dim

    def read(self, index: int, start: int, stop: int, rng: np.random.Generator) -> np.ndarray:
        rxfile, offset = self._sources[self.utterances[index]]
        rate, shift = int(self._extractor.sample_frequency), self._extractor.window_shift
        first, num_samples = start * shift, (stop - start - 1) * shift + self._extractor.window_size
        samples, file_rate = read_audio(rxfile, offset + first / rate, offset + (first + num_samples) / rate)
        if file_rate != rate:
            raise DataError(rxfile, f"utterance {self.utterances[index]}: {file_rate} Hz, the features are set to {rate} Hz")
        if self._augment is not None:
            samples = self._augment(samples, rate, rng)
        return self._extractor(torch.from_numpy(samples), rng).numpy()


def _wave_sources(data_dir: DataDir) -> dict[str, tuple[str, float]]:
    """Where each utterance is: its recording's rxfile and its start there in seconds."""
    wav_scp = data_dir.wav_scp
    if not data_dir.has("segments"):
        return {utt: (rxfile, 0.0) for utt, rxfile in wav_scp.items()}
    return {utt: (wav_scp[segment.recording], segment.start) for utt, segment in data_dir.segments.items()}


def random_crop(crops: Crops, index: int, length: int, rng: np.random.Generator) -> np.ndarray:
    """`length` frames of utterance `index` from a random start; an utterance that is shorter is repeated: (length, dim)."""
    available = int(crops.num_frames[index])
    start = int(rng.integers(0, max(0, available - length) + 1))
    return _fill(crops, index, start, length, rng)


def middle_crop(crops: Crops, index: int, length: int) -> np.ndarray:
    """The middle `length` frames of an utterance, the same each time: (length, dim)."""
    start = max(0, int(crops.num_frames[index]) - length) // 2
    return _fill(crops, index, start, length, np.random.default_rng(0))


def _fill(crops: Crops, index: int, start: int, length: int, rng: np.random.Generator) -> np.ndarray:
    available = int(crops.num_frames[index])
    part = crops.read(index, start, min(start + length, available), rng)
    if len(part) != min(length, available) or not np.isfinite(part).all():
        raise CortadoError(
            f"utterance {crops.utterances[index]}: frames {start} to {start + length} of {available} are missing or not finite"
        )
    if len(part) < length:
        part = np.tile(part, (-(-length // len(part)), 1))[:length]
    return part
