"""Windows of one length that an utterance is cut into when it is tested, in place of the whole."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Windows:
    """Windows of `frames` frames: `count` of them at even distances, the first at the beginning, the last so that it ends with the
    utterance (S. M. Kye et al., SLT 2021: 10 of 350); or one every `shift` frames, as many as fit (L. Wan et al., ICASSP 2018: 160 every
    80). An utterance no longer than a window has a single one, of its own length.
    """

    frames: int
    count: int | None = None
    shift: int | None = None

    def __post_init__(self):
        if (self.count is None) == (self.shift is None):
            raise ValueError(f"windows need either count or shift, not count {self.count} and shift {self.shift}")
        if any(value is not None and value < 1 for value in (self.frames, self.count, self.shift)):
            raise ValueError(f"frames {self.frames}, count {self.count} and shift {self.shift} of windows must be at least 1")

    def starts(self, num_frames: int) -> np.ndarray:
        """The first frame of each window, (windows,) int64.

        >>> Windows(350, count=4).starts(410).tolist(), Windows(160, shift=80).starts(330).tolist(), Windows(160, shift=80).starts(90).tolist()
        ([0, 20, 40, 60], [0, 80, 160], [0])
        """
        last = num_frames - self.frames
        if last <= 0:
            return np.zeros(1, np.int64)
        if self.count is not None:
            return np.linspace(0, last, self.count).astype(np.int64)
        return np.arange(0, last + 1, self.shift)

    def cut(self, features: np.ndarray) -> np.ndarray:
        """(num_frames, dim) -> (windows, at most `frames`, dim), of its type."""
        length = min(len(features), self.frames)
        return np.stack([features[start : start + length] for start in self.starts(len(features))])
