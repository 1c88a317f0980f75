"""Random crops of utterances, from feature arks or from waveforms. A crop costs its own length, not its utterance's."""

import hashlib
from collections.abc import Sequence
from typing import Protocol

import numpy as np
import torch

from cortado import ark
from cortado.config import ClassSpec
from cortado.datadir import DataDir
from cortado.datadir.audio import open_audio, read_part
from cortado.datadir.datadir import SEGMENT_TOLERANCE
from cortado.datadir.lengths import read_lengths
from cortado.datadir.lines import Names, read_lines
from cortado.datadir.table import few
from cortado.errors import ConfigError, CortadoError, DataError
from cortado.feats.augmenter import Augmenter
from cortado.files import file_digest


class Crops(Protocol):
    """Where crops come from. `utterances` are the keys, `num_frames` their lengths: (num_utterances,) int64."""

    utterances: Sequence[str]
    num_frames: np.ndarray
    feat_dim: int

    def read(self, index: int, start: int, stop: int, rng: np.random.Generator) -> np.ndarray:
        """Frames [start, stop) of utterance `index`: (stop - start, dim) float32; `rng` serves the augmentation."""

    def contents(self) -> bytes:
        """Something short that is another when the features are others."""


class ArkCrops:
    """Crops of the features in a data directory's feats.scp, sorted. Its utt2num_frames gives the lengths.

    feats.scp is kept as the bytes it is, so that a million utterances take 0.2 GB in each process that trains.
    """

    def __init__(self, data_dir: DataDir):
        self._scp = read_lines(data_dir.path / "feats.scp")
        self._md5 = data_dir.path / "feats.md5"
        self.utterances = Names(self._scp.keys)
        self.num_frames = np.array(read_lengths(data_dir, "utt2num_frames", self.utterances), np.int64)
        self.feat_dim = ark.read_shape(self._scp.value(0))[1]

    def read(self, index: int, start: int, stop: int, rng: np.random.Generator) -> np.ndarray:
        return ark.read_part(self._scp.value(index), start, stop)

    def contents(self) -> bytes:
        if self._md5.is_file():
            return file_digest(self._md5).encode()
        return _sampled_contents(self)  # features that steps/make_feats.sh did not make


class WaveCrops:
    """Crops computed from the waveforms of a data directory, each augmented afresh: no copy of the data on disk.

    `features` is the class of the features and its arguments, as in conf/fbank.yaml; `augment` the perturbations. Only the
    samples of a crop are decoded. The data directory's utt2dur gives the lengths (utils/data/get_utt2dur.sh writes it).
    """

    def __init__(self, data_dir: DataDir, features: ClassSpec, augment: Augmenter | None = None):
        self._extractor, self._augment = features.build(), augment
        if not self._extractor.snip_edges:
            raise ConfigError(f"{features.path}: snip_edges must be true: a crop has no edges to mirror")
        self._sources = _wave_sources(data_dir)
        self.utterances = list(self._sources)
        durations = read_lengths(data_dir, "utt2dur", self.utterances)
        self.num_frames = np.array([self._extractor.num_frames(round(d * self._rate)) for d in durations], np.int64)
        if (self.num_frames < 1).any():
            short = self.utterances[int(self.num_frames.argmin())]
            raise DataError(data_dir.path / "utt2dur", f"utterance {short} is shorter than one frame")
        self.feat_dim = self._extractor.dim

    @property
    def _rate(self) -> int:
        return int(self._extractor.sample_frequency)

    def read(self, index: int, start: int, stop: int, rng: np.random.Generator) -> np.ndarray:
        samples = self._samples(index, start * self._extractor.window_shift, self._num_samples(stop - start))
        if self._augment is not None:
            samples = self._augment(samples, self._rate, rng)
        return self._extractor(torch.from_numpy(samples), rng).numpy()

    def contents(self) -> bytes:
        return _sampled_contents(self)

    def _num_samples(self, num_frames: int) -> int:
        return (num_frames - 1) * self._extractor.window_shift + self._extractor.window_size

    def _samples(self, index: int, start: int, count: int) -> np.ndarray:
        """Samples [start, start + count) of an utterance, (count,) float32.

        A duration in utt2dur may be rounded up. Where a crop would then end behind its recording, it begins those few
        samples earlier.
        """
        utt, rate = self.utterances[index], self._rate
        rxfile, offset = self._sources[utt]
        with open_audio(rxfile) as audio:
            if audio.samplerate != rate:
                raise DataError(rxfile, f"utterance {utt}: {audio.samplerate} Hz, the features are set to {rate} Hz")
            first = round(offset * rate) + start
            excess = max(0, first + count - audio.frames)
            if excess > SEGMENT_TOLERANCE * rate or excess > first:
                raise DataError(rxfile, f"utterance {utt}: the recording lasts {audio.frames / rate:.3f} s, less than utt2dur says")
            first -= excess
            return read_part(audio, rxfile, first / rate, (first + count) / rate)


def _wave_sources(data_dir: DataDir) -> dict[str, tuple[str, float]]:
    """Where each utterance is: its recording's rxfile and its start there in seconds."""
    wav_scp = data_dir.wav_scp
    if not data_dir.has("segments"):
        return {utt: (rxfile, 0.0) for utt, rxfile in wav_scp.items()}
    unknown = sorted({segment.recording for segment in data_dir.segments.values()} - wav_scp.keys())
    if unknown:
        raise DataError(data_dir.path / "wav.scp", f"has no line for {len(unknown)} recordings of segments: {few(unknown)}")
    return {utt: (wav_scp[segment.recording], segment.start) for utt, segment in data_dir.segments.items()}


def fingerprint(crops: Crops) -> str:
    """A digest of what crops are drawn from, wherever it lies: names, lengths and contents."""
    digest = hashlib.md5("\n".join(crops.utterances).encode(), usedforsecurity=False)
    digest.update(crops.num_frames.tobytes())
    digest.update(crops.contents())
    return digest.hexdigest()


def _sampled_contents(crops: Crops) -> bytes:
    """The first frames of a few utterances: to read them all would cost as much as an epoch."""
    indices = np.linspace(0, len(crops.utterances) - 1, min(16, len(crops.utterances))).astype(int)
    return b"".join(crops.read(int(i), 0, min(100, int(crops.num_frames[i])), np.random.default_rng(0)).tobytes() for i in indices)


def random_start(crops: Crops, index: int, length: int, rng: np.random.Generator) -> int:
    """The first frame of a crop of `length` frames at random in utterance `index`; 0 where it is shorter."""
    return int(rng.integers(0, max(0, int(crops.num_frames[index]) - length) + 1))


def random_crop(crops: Crops, index: int, length: int, rng: np.random.Generator) -> np.ndarray:
    """`length` frames of utterance `index` from a random start: (length, dim)."""
    return read_crop(crops, index, random_start(crops, index, length, rng), length, rng)


def middle_crop(crops: Crops, index: int, length: int) -> np.ndarray:
    """The middle `length` frames of an utterance, the same each time: (length, dim)."""
    start = max(0, int(crops.num_frames[index]) - length) // 2
    return read_crop(crops, index, start, length, np.random.default_rng(0))


def read_crop(crops: Crops, index: int, start: int, length: int, rng: np.random.Generator) -> np.ndarray:
    """Frames [start, start + length) of utterance `index`; one that ends before is repeated: (length, dim).

    `rng` serves the augmentation. Raises CortadoError naming the utterance when frames are missing or not finite.
    """
    available = int(crops.num_frames[index])
    part = crops.read(index, start, min(start + length, available), rng)
    if len(part) != min(length, available) or not np.isfinite(part).all():
        raise CortadoError(
            f"utterance {crops.utterances[index]}: frames {start} to {start + length} of {available} are missing or not finite"
        )
    if len(part) < length:
        part = np.tile(part, (-(-length // len(part)), 1))[:length]
    return part
