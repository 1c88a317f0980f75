"""The grid that every f0 is on: one value for each 256 samples at 44.1 kHz, the first at the first sample."""

RATE = 44100  # Hz
HOP = 256  # samples
FRAME_RATE = RATE / HOP  # frames a second, about 172


def count_frames(num_samples: int, rate: int) -> int:
    """Frames whose centres, i * 256 / 44100 s, lie within `num_samples` samples at `rate` Hz.

    >>> count_frames(44100, 44100), count_frames(256, 44100), count_frames(257, 44100), count_frames(22050, 22050)
    (173, 1, 2, 173)
    """
    return -(-num_samples * RATE // (rate * HOP))
