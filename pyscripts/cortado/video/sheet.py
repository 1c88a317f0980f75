"""A contact sheet: crops sampled from some clips, a row for each, to look at before anything is trained on them."""

from collections.abc import Mapping
from pathlib import Path

import cv2
import numpy as np

from cortado.errors import CortadoError
from cortado.files import atomic_write

_COLUMNS = 12
_CAPTION = 14  # pixels above a row


def sample_frames(frames: np.ndarray) -> np.ndarray:
    """Some frames at even distances from the first to the last: a copy, so that the clip need not be kept."""
    return frames[np.linspace(0, len(frames) - 1, _COLUMNS).round().astype(int)]


def write_sheet(rows: Mapping[str, np.ndarray], path: str | Path) -> None:
    """Write a PNG with a row for each clip of `rows`, name -> sample_frames of it, all of one size; without rows, one black line."""
    strips = [_strip(name, samples) for name, samples in rows.items()] or [np.zeros((_CAPTION, 100), dtype=np.uint8)]
    encoded, data = cv2.imencode(".png", np.concatenate(strips))
    if not encoded:
        raise CortadoError(f"cannot write {path}: the sheet cannot be coded as PNG")
    with atomic_write(path, "wb") as out:
        out.write(data.tobytes())


def _strip(name: str, samples: np.ndarray) -> np.ndarray:
    row = np.concatenate(list(samples), axis=1)
    if row.ndim == 3:
        row = cv2.cvtColor(row, cv2.COLOR_RGB2BGR)  # OpenCV's order, in which it codes a PNG
    caption = np.zeros((_CAPTION, *row.shape[1:]), dtype=np.uint8)
    white = (255,) * 3
    cv2.putText(caption, name, (2, _CAPTION - 4), cv2.FONT_HERSHEY_SIMPLEX, 0.35, white, 1, cv2.LINE_AA)
    return np.concatenate([caption, row])
