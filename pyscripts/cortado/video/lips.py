"""A clip's lips: its pictures, the region of the mouth, crops at 25 frames a second, and all that is wrong with them."""

from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from cortado.config import ClassSpec
from cortado.errors import ConfigError
from cortado.video.crop import crop
from cortado.video.decode import Colour, read_pictures
from cortado.video.faults import ClipError, Fault
from cortado.video.roi import Roi
from cortado.video.timing import FRAME_RATE, pick_pictures, timing_faults

# Standard deviation of the pixels of one crop: of GRID's sound clips, 98.5 % have 19.8 or more in all frames; grey pictures are near 0.
MIN_CONTRAST = 10.0


@dataclass(frozen=True)
class LipsConfig:
    """How lips are made: conf/lips.yaml."""

    roi: ClassSpec = field(default_factory=lambda: ClassSpec("cortado.video.FaceRoi"))
    size: int = 96  # pixels, height and width of a crop
    colour: Colour = "grey"
    max_seconds: float = 120.0  # a clip is held in memory as a whole

    def __post_init__(self):
        if self.size < 1 or self.max_seconds <= 0:
            raise ValueError("size is 1 or more, max_seconds above 0")

    def build_roi(self) -> Roi:
        """What finds the mouth. Raises ConfigError for a class that does not."""
        if not issubclass(self.roi.load(), Roi):
            raise ConfigError(f"class {self.roi.path} finds no mouths; cortado.video has FaceRoi and CentreRoi")
        return self.roi.build()


class Lips(NamedTuple):
    """What became of a clip."""

    frames: np.ndarray | None  # (num_frames, size, size) or (num_frames, size, size, 3) uint8, 25 a second; None if it is dropped
    faults: list[Fault]


def make_lips(path: str, roi: Roi, config: LipsConfig, start: float = 0.0, end: float | None = None) -> Lips:
    """The lips in a video file between `start` and `end` (seconds; None: to its end). What is wrong with it is told, not raised."""
    try:
        pictures = read_pictures(path, config.colour, start, end, config.max_seconds)
    except ClipError as error:
        return Lips(None, [error.fault])
    faults = timing_faults(pictures)
    region, lost = roi.locate(pictures.images, pictures.times)
    faults += lost
    if region is None:
        return Lips(None, faults)
    end = pictures.end if end is None else end
    picked = pick_pictures(pictures.times, start, end)
    if not len(picked):
        return Lips(None, [*faults, Fault("too short", f"lasts {end - start:.3f} s")])
    frames = np.stack([crop(pictures.images[index], region.centres[index], region.side, config.size) for index in picked])
    faults += find_damage(frames)
    return Lips(None if any(fault.drops for fault in faults) else frames, faults)


def find_damage(frames: np.ndarray) -> list[Fault]:
    """Whether some frames (num_frames, height, width) or (num_frames, height, width, 3) uint8 are one even grey, or one even colour."""
    contrasts = frames.reshape(len(frames), frames.shape[1] * frames.shape[2], -1).std(axis=1, dtype=np.float32)
    grey = np.flatnonzero(contrasts.max(axis=1) < MIN_CONTRAST)
    if not len(grey):
        return []
    return [Fault("damaged pictures", f"{len(grey)} of {len(frames)} frames are grey, the first at {grey[0] / FRAME_RATE:.2f} s")]
