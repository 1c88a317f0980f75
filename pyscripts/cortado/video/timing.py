"""From a video's own times to 25 frames a second."""

import numpy as np

from cortado.video.decode import Pictures
from cortado.video.faults import Fault

FRAME_RATE = 25  # frames a second, of all lips

# An interval further from the median than this share of it is no rounding of times to milliseconds.
INTERVAL_TOLERANCE = 0.25
# Seconds by which sound may begin or end otherwise than the pictures; codecs pad up to 0.05.
SOUND_TOLERANCE = 0.1


def pick_pictures(times: np.ndarray, start: float, end: float, rate: float = FRAME_RATE) -> np.ndarray:
    """For each frame of 1 / rate seconds between `start` and `end`, which picture is on the screen in its middle: (num_frames,) int.

    A video at `rate` gives each of its pictures once, whatever the rounding of its times (by less than half a frame).

    >>> pick_pictures(np.array([0.0, 0.1, 0.2, 0.3]), 0.0, 0.4, rate=5).tolist()
    [1, 3]
    """
    middles = start + (np.arange(round((end - start) * rate)) + 0.5) / rate
    return np.maximum(np.searchsorted(times, middles, side="right") - 1, 0)


def timing_faults(pictures: Pictures) -> list[Fault]:
    """A rate that varies, and sound of another length than the pictures."""
    faults = []
    steps = np.diff(pictures.times)
    odd = np.count_nonzero(np.abs(steps - pictures.interval) > INTERVAL_TOLERANCE * pictures.interval)
    if odd:
        span = f"{1000 * steps.min():.0f} to {1000 * steps.max():.0f} ms"
        faults.append(Fault("variable rate", f"{odd} of {len(steps)} intervals are not the usual; they take {span}"))
    if pictures.sound and (pictures.sound[0] > SOUND_TOLERANCE or abs(pictures.sound[1] - pictures.end) > SOUND_TOLERANCE):
        begin, end = pictures.sound
        faults.append(
            Fault("different length", f"its sound is from {begin:.2f} to {end:.2f} s, its pictures from 0 to {pictures.end:.2f} s")
        )
    return faults
