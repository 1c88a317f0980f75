"""One face through time: from the boxes found in some of the pictures to a smooth centre in all of them and one width."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

# A box belongs to the face when its centre is within this many face widths of the median of its neighbours in time ...
MAX_SHIFT = 0.35
# ... and the logarithm of its width within this of that of the median width.
MAX_LOG_SCALE = 0.25
# Seconds on either side within which boxes are neighbours.
NEIGHBOURHOOD = 1.0
# Seconds without the face, from which on what lies between is a guess.
LONGEST_GAP = 0.5
# Seconds of the median that takes single outliers out of the centre, and of the mean that takes the jitter of boxes out.
MEDIAN_WINDOW, MEAN_WINDOW = 0.2, 0.36


class Track(NamedTuple):
    """A face through a clip."""

    centres: np.ndarray  # (num_pictures, 2) float64, x and y in pixels
    width: float  # pixels
    gap: tuple[float, float]  # seconds, the longest time without a box of this face


def track_face(found: Sequence[np.ndarray], times: np.ndarray, all_times: np.ndarray) -> Track | None:
    """The face that `found` shows: for each of `times` the boxes (n, 3) of centre x, centre y and width. None where there is none.

    The widest box of each picture is taken for the face first; then, in each picture, the box nearest to the median of these
    over the neighbours in time, if it lies within the gates above. `all_times` (num_pictures,) are those of all pictures.
    """
    seen = np.array([len(boxes) > 0 for boxes in found], dtype=bool)
    if not seen.any():
        return None
    times = times[seen]
    found = [boxes for boxes in found if len(boxes)]
    widest = np.stack([boxes[boxes[:, 2].argmax()] for boxes in found])
    width = float(np.median(widest[:, 2]))
    expected = _neighbour_medians(widest[:, :2], times)
    nearest = np.stack([_nearest(boxes, centre) for boxes, centre in zip(found, expected, strict=True)])
    kept = _gate(nearest, expected, width)
    if not kept.any():
        return None
    times, boxes = times[kept], nearest[kept]
    centres = np.stack([np.interp(all_times, times, boxes[:, axis]) for axis in (0, 1)], axis=1)
    return Track(_smooth(centres, all_times), float(np.median(boxes[:, 2])), _longest_gap(times, all_times))


def _neighbour_medians(centres: np.ndarray, times: np.ndarray) -> np.ndarray:
    """The median centre over the boxes within NEIGHBOURHOOD of each: (n, 2)."""
    first = np.searchsorted(times, times - NEIGHBOURHOOD)
    last = np.searchsorted(times, times + NEIGHBOURHOOD, side="right")
    return np.stack([np.median(centres[begin:end], axis=0) for begin, end in zip(first, last, strict=True)])


def _nearest(boxes: np.ndarray, centre: np.ndarray) -> np.ndarray:
    return boxes[np.square(boxes[:, :2] - centre).sum(axis=1).argmin()]


def _gate(boxes: np.ndarray, expected: np.ndarray, width: float) -> np.ndarray:
    near = np.abs(boxes[:, :2] - expected).max(axis=1) <= MAX_SHIFT * width
    return near & (np.abs(np.log(boxes[:, 2] / width)) <= MAX_LOG_SCALE)


def _longest_gap(times: np.ndarray, all_times: np.ndarray) -> tuple[float, float]:
    """Beginning and end of the longest time between two boxes, or between one and an end of the clip."""
    edges = np.concatenate([all_times[:1], times, all_times[-1:]])
    longest = np.diff(edges).argmax()
    return float(edges[longest]), float(edges[longest + 1])


def _smooth(centres: np.ndarray, times: np.ndarray) -> np.ndarray:
    """A running median, then a running mean; the ends are held."""
    interval = float(np.median(np.diff(times))) if len(times) > 1 else np.inf
    medians = np.median(_windows(centres, MEDIAN_WINDOW / interval), axis=-1)
    return _windows(medians, MEAN_WINDOW / interval).mean(axis=-1)


def _windows(centres: np.ndarray, length: float) -> np.ndarray:
    """Of each picture, the centres around it, (num_pictures, 2, window); the window is the odd number nearest to `length`."""
    half = round((length - 1) / 2) if length > 1 else 0
    return sliding_window_view(np.pad(centres, ((half, half), (0, 0)), mode="edge"), 2 * half + 1, axis=0)
