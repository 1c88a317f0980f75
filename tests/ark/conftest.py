"""An ark with every kind of object, written by kaldiio, the oracle."""

from pathlib import Path

import kaldiio
import numpy as np
import pytest

WRITE_OPTIONS = {
    "CM": {"compression_method": 2},
    "CM2": {"compression_method": 3},
    "CM3": {"compression_method": 5},
    "NPY": {"write_function": "numpy"},
    "NPY-columns": {"write_function": "numpy"},
}


@pytest.fixture(scope="session")
def every_kind() -> dict[str, np.ndarray]:
    """One array for each kind of object, by the name of the kind; eleven rows each."""
    rng = np.random.default_rng(0)
    matrix = rng.normal(size=(11, 3))
    return {
        "FM": matrix.astype(np.float32),
        "DM": matrix,
        "FV": matrix[:, 0].astype(np.float32),
        "DV": matrix[:, 1],
        "IV": rng.integers(-(2**31), 2**31, 11).astype(np.int32),
        "CM": matrix.astype(np.float32) * 10,
        "CM2": matrix.astype(np.float32) + 5,
        "CM3": matrix.astype(np.float32),
        "NPY": rng.integers(0, 256, (11, 2, 4)).astype(np.uint8),
        "NPY-columns": np.asfortranarray(matrix),
    }


@pytest.fixture(scope="session")
def kaldiio_ark(every_kind, tmp_path_factory) -> Path:
    """All of `every_kind` in one ark."""
    path = tmp_path_factory.mktemp("kaldiio") / "every kind.ark"
    for kind, array in every_kind.items():
        kaldiio.save_ark(str(path), {kind: array}, append=True, **WRITE_OPTIONS.get(kind, {}))
    return path


@pytest.fixture(scope="session")
def as_kaldiio_reads(kaldiio_ark) -> dict[str, np.ndarray]:
    return dict(kaldiio.load_ark(str(kaldiio_ark)))
