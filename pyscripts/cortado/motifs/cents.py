"""f0 in Hz and in cents, and tables of it read with their faults named."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from cortado.ark import read
from cortado.datadir import read_table
from cortado.errors import DataError

REFERENCE_HZ = 55.0  # the A that is 0 cents


def hz_to_cents(hz: np.ndarray) -> np.ndarray:
    """Cents above REFERENCE_HZ of frequencies in Hz, all above 0: float64 of the same shape.

    >>> hz_to_cents(np.array([55.0, 110.0, 440.0]))
    array([   0., 1200., 3600.])
    """
    return 1200 * np.log2(np.asarray(hz, np.float64) / REFERENCE_HZ)


def cents_to_hz(cents: np.ndarray) -> np.ndarray:
    """The inverse of hz_to_cents."""
    return REFERENCE_HZ * 2 ** (np.asarray(cents, np.float64) / 1200)


def read_f0_table(scp: str | Path) -> Iterator[tuple[str, np.ndarray]]:
    """(recording, f0 (num_frames,) in Hz, 0 where unvoiced) of each line of an f0.scp.

    Raises DataError for a table that is missing or empty, and naming recording and frame where f0 is NaN, infinite or negative.
    """
    for recording, rxfile in read_table(scp).items():
        yield recording, read_f0(rxfile, recording)


def read_f0(rxfile: str, recording: str) -> np.ndarray:
    """The f0 of a recording out of its ark. Raises DataError as read_f0_table does."""
    f0 = read(rxfile)
    if f0.ndim != 1:
        raise DataError(rxfile, f"recording {recording}: f0 is a vector, this has the shape {f0.shape}")
    wrong = np.flatnonzero(~(np.isfinite(f0) & (f0 >= 0)))
    if len(wrong):
        found = f"{len(wrong)} of {len(f0)} frames are no f0, the first is frame {wrong[0]}, {f0[wrong[0]]:g}"
        raise DataError(rxfile, f"recording {recording}: {found}; wanted are Hz, 0 where unvoiced: make the f0 again")
    return f0
