"""Is a waveform fit to make features of? Every reason against it has a name, under which it is counted, and a sentence."""

from typing import NamedTuple

import numpy as np

from cortado.feats.extractor import Extractor

FULL_SCALE = 32767 / 32768  # a 16-bit sample at the end of its range
MAX_CLIPPED = 0.001  # share of samples there from which speech sounds distorted


class Fault(NamedTuple):
    """`kind` is one of 'unreadable', 'wrong rate', 'not finite', 'too short', 'clipped'."""

    kind: str
    reason: str


def find_fault(samples: np.ndarray, rate: int, extractor: Extractor, allow_resample: bool = False, speed: float = 1.0) -> Fault | None:
    """Why no features can be made of samples (num_samples,) at `rate` Hz, played `speed` times as fast; or None."""
    wanted = extractor.sample_frequency
    if rate != wanted and not allow_resample:
        return Fault("wrong rate", f"is sampled at {rate} Hz, and the features are for {wanted:g} Hz; --allow-resample true converts it")
    bad = np.count_nonzero(~np.isfinite(samples))
    if bad:
        return Fault("not finite", f"{bad} of its {len(samples)} samples are NaN or infinite")
    if extractor.num_frames(int(len(samples) * wanted / (rate * speed))) == 0:
        milliseconds = 1000 * len(samples) / (rate * speed)
        return Fault("too short", f"lasts {milliseconds:.1f} ms, which is shorter than one frame of {extractor.frame_length:g} ms")
    return None


def find_clipping(samples: np.ndarray) -> Fault | None:
    """A warning when too many of the samples lie at full scale, or None: clipped audio still gives features."""
    share = (np.count_nonzero(samples >= FULL_SCALE) + np.count_nonzero(samples <= -FULL_SCALE)) / len(samples)
    return Fault("clipped", f"{100 * share:.2f} % of its samples are at full scale") if share > MAX_CLIPPED else None
