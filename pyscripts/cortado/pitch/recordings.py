"""A recording's f0 and all that is wrong with it."""

from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import soxr

from cortado.config import ClassSpec
from cortado.errors import ConfigError
from cortado.pitch.faults import Fault
from cortado.pitch.frames import count_frames
from cortado.pitch.tracker import Tracker

MIN_RATE = 16000  # Hz
MIN_SECONDS = 0.1
SILENCE = 1e-4  # the greatest sample of what counts as silent: -80 dB of full scale
FULL_SCALE = 32767 / 32768  # a 16-bit sample at the end of its range
MAX_CLIPPED = 0.001  # share of the samples that may lie there
MIN_VOICED = 0.1  # share of the frames


@dataclass(frozen=True)
class F0Config:
    """How f0 is found: conf/f0.yaml."""

    tracker: ClassSpec = field(default_factory=lambda: ClassSpec("cortado.pitch.SalienceTracker"))

    def build_tracker(self) -> Tracker:
        """Raises ConfigError for a class that is no tracker."""
        if not issubclass(self.tracker.load(), Tracker):
            raise ConfigError(f"class {self.tracker.path} finds no f0; cortado.pitch has SalienceTracker, Praat and Essentia")
        return self.tracker.build()


class F0(NamedTuple):
    """What became of a recording."""

    values: np.ndarray | None  # (num_frames,) float32 in Hz, 0 where unvoiced, every 256 samples at 44.1 kHz; None if it is dropped
    faults: list[Fault]


def make_f0(samples: np.ndarray, rate: int, tracker: Tracker) -> F0:
    """The f0 of samples (num_samples,) float32 at `rate` Hz. What is wrong with them is told, not raised.

    Memory that grows with the length, besides the samples: a copy of them at the tracker's rate (our tracker's is 11,025 Hz), and tens of
    bytes a frame.
    """
    fault = find_fault(samples, rate)
    if fault:
        return F0(None, [fault])
    waveform = samples if rate == tracker.rate else soxr.resample(samples, rate, tracker.rate)
    values = tracker(waveform, count_frames(len(samples), rate))
    faults = [fault for fault in (find_unvoiced(values), find_clipping(samples)) if fault]
    return F0(None if any(fault.drops for fault in faults) else values, faults)


def find_fault(samples: np.ndarray, rate: int) -> Fault | None:
    """Why no f0 can be found, or None."""
    if rate < MIN_RATE:
        return Fault("narrow band", f"is sampled at {rate} Hz; {MIN_RATE} Hz or more are needed, by a recording that has that band")
    bad = np.count_nonzero(~np.isfinite(samples))
    if bad:
        return Fault("not finite", f"{bad} of its {len(samples)} samples are NaN or infinite")
    if len(samples) < MIN_SECONDS * rate:
        return Fault("too short", f"lasts {1000 * len(samples) / rate:.1f} ms; {1000 * MIN_SECONDS:g} ms or more are needed")
    greatest = max(float(samples.max()), -float(samples.min()))
    return Fault("silent", f"its greatest sample is {greatest:.1e} of full scale") if greatest < SILENCE else None


def find_unvoiced(f0: np.ndarray) -> Fault | None:
    """A fault when none, or hardly any, of the frames of f0 (num_frames,) is voiced; or None."""
    num_voiced = np.count_nonzero(f0)
    if num_voiced >= MIN_VOICED * len(f0):
        return None
    if num_voiced == 0:
        return Fault("no melody", f"all of its {len(f0)} frames are unvoiced")
    return Fault("mostly unvoiced", f"{100 * (1 - num_voiced / len(f0)):.1f} % of its {len(f0)} frames are")


def find_clipping(samples: np.ndarray) -> Fault | None:
    """A warning when too many of the samples lie at full scale, or None."""
    share = (np.count_nonzero(samples >= FULL_SCALE) + np.count_nonzero(samples <= -FULL_SCALE)) / len(samples)
    return Fault("clipped", f"{100 * share:.2f} % of its samples are at full scale") if share > MAX_CLIPPED else None
