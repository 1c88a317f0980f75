"""Recordings of single words put together into utterances of some seconds."""

import hashlib
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import soundfile
import soxr

from cortado.errors import DataError

SAMPLE_RATE = 8000
FRAME = SAMPLE_RATE // 100
SILENCE_DB = -35.0  # of a frame, against the loudest one of its recording


def read_recording(path: Path) -> tuple[np.ndarray, str]:
    """The mean of the channels at 8 kHz, without silent ends, (num_samples,) float32; and the digest of the samples as they were.

    Raises DataError for what cannot be decoded, is empty or is silent.
    """
    try:
        samples, rate = soundfile.read(path, dtype="float32", always_2d=True)
    except soundfile.LibsndfileError as error:
        raise DataError(path, f"cannot be decoded: {error.error_string}") from None
    if not samples.any():
        raise DataError(path, "holds no sound")
    return trim(soxr.resample(samples.mean(axis=1), rate, SAMPLE_RATE)), hashlib.md5(samples, usedforsecurity=False).hexdigest()


def trim(samples: np.ndarray) -> np.ndarray:
    """Samples (num_samples,) from the first to the last frame of 10 ms that is not silence."""
    whole = samples[: len(samples) // FRAME * FRAME].reshape(-1, FRAME)
    if len(whole) == 0:
        return samples
    energy = np.square(whole).mean(axis=1)
    loud = np.flatnonzero(energy >= energy.max() * 10 ** (SILENCE_DB / 10))
    return samples[loud[0] * FRAME : (loud[-1] + 1) * FRAME]


def make_chains(pieces: Iterable[np.ndarray], seconds: float) -> list[np.ndarray]:
    """Chains of at least `seconds`, of a speaker's recordings in their order. What is left at the end is too short and dropped."""
    chains, pending, length = [], [], 0
    for piece in pieces:
        pending.append(piece)
        length += len(piece)
        if length >= seconds * SAMPLE_RATE:
            chains.append(np.concatenate(pending))
            pending, length = [], 0
    return chains
