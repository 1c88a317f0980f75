"""sung_signals.py can be imported by these tests; what they sing is made once."""

import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.append(str(Path(__file__).parent))
from sung_signals import harden, sing

TONICS = {"bass": 90.0, "alto": 180.0, "soprano": 420.0}  # Hz


@pytest.fixture(scope="session")
def clean() -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Voice -> 8 s of samples at 44.1 kHz, and their exact f0."""
    return {voice: sing(8, tonic, seed) for seed, (voice, tonic) in enumerate(TONICS.items())}


@pytest.fixture(scope="session")
def hard() -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """The same, in noise 8 dB below the voice and through an old disc."""
    songs = {voice: sing(8, tonic, seed, snr_db=8) for seed, (voice, tonic) in enumerate(TONICS.items(), 10)}
    return {voice: (harden(samples, seed=1), f0) for voice, (samples, f0) in songs.items()}
