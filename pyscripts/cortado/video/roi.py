"""Where the mouth is: below the centre of a face that is found and followed, or in the middle of the picture.

A region of interest is a square of one size for the whole clip, so that lips that come nearer do not look like lips that open, and a
centre for each picture. New kinds are classes that a YAML names, with the method `locate`.
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import NamedTuple

import cv2
import numpy as np

from cortado.video.face import FaceDetector
from cortado.video.faults import Fault
from cortado.video.track import LONGEST_GAP, track_face


class Region(NamedTuple):
    """Squares of one size."""

    centres: np.ndarray  # (num_pictures, 2) float64, x and y in pixels
    side: float  # pixels


class Roi(ABC):
    """Finds the mouth in the pictures of one clip."""

    @abstractmethod
    def locate(self, images: Sequence[np.ndarray], times: np.ndarray) -> tuple[Region | None, list[Fault]]:
        """The region (None where there is none) and what is wrong with it.

        images: num_pictures of (height, width) or (height, width, 3) uint8, of one size; times: (num_pictures,) seconds, increasing.
        """


class FaceRoi(Roi):
    """The mouth of the largest face, found in every `detect_every`-th picture.

    min_face: width of the smallest face, as a share of the picture's shorter side.
    below, side: how far below the centre of the face's box the square's centre lies, and how wide it is; in widths of the box.
    """

    def __init__(self, detect_every: int = 3, min_face: float = 0.3, below: float = 0.3, side: float = 0.5):
        if detect_every < 1 or not 0 < min_face <= 1 or side <= 0:
            raise ValueError("detect_every is 1 or more, min_face above 0 and up to 1, side above 0")
        self.detect_every, self.below, self.side = detect_every, below, side
        self._detect = FaceDetector(min_face)

    def locate(self, images: Sequence[np.ndarray], times: np.ndarray) -> tuple[Region | None, list[Fault]]:
        found = [self._detect(_grey(image)) for image in images[:: self.detect_every]]
        track = track_face(found, times[:: self.detect_every], times)
        if track is None:
            return None, [Fault("no face", f"none in the {len(found)} pictures looked at")]
        begin, end = track.gap
        lost = [Fault("lost track", f"no face from {begin:.2f} to {end:.2f} s")] if end - begin > LONGEST_GAP else []
        return Region(track.centres + [0, self.below * track.width], self.side * track.width), lost


class CentreRoi(Roi):
    """The middle of the picture, for corpora whose publishers have centred the mouth; side: a share of the picture's shorter side."""

    def __init__(self, side: float = 0.5):
        if not 0 < side <= 1:
            raise ValueError("side is above 0 and up to 1")
        self.side = side

    def locate(self, images: Sequence[np.ndarray], times: np.ndarray) -> tuple[Region | None, list[Fault]]:
        height, width = images[0].shape[:2]
        centres = np.tile([(width - 1) / 2, (height - 1) / 2], (len(images), 1))
        return Region(centres, self.side * min(height, width)), []


def _grey(image: np.ndarray) -> np.ndarray:
    return image if image.ndim == 2 else cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
