"""What a lip reader sees of a mouth clip: a crop, smaller where wanted, less its mean frame; and how training varies it.

A clip is (time, height, width) or (time, channels, height, width).
"""

from dataclasses import dataclass

import numpy as np

from cortado.errors import CortadoError


@dataclass(frozen=True)
class PixelSettings:
    """Square crops of `size` pixels, then means over squares of `shrink` x `shrink` of them: the network sees size / shrink a side.

    Training takes the crop at random, where a test takes the middle, mirrors half of the clips where `flip` is set, plays them at
    1 / (1 + `speed`) to 1 + `speed` times their speed, multiplies values by 1 +- `contrast`, and puts the mean frame in place of up to
    `num_masks` stretches of up to `mask_frames` frames.
    """

    size: int = 88
    shrink: int = 1
    flip: bool = True
    speed: float = 0.0
    contrast: float = 0.15
    num_masks: int = 2
    mask_frames: int = 7

    def __post_init__(self):
        if self.shrink < 1 or self.size < 1 or self.size % self.shrink:
            raise ValueError(f"size {self.size} must be a multiple of shrink {self.shrink}, both at least 1")
        if not 0 <= self.contrast < 1:
            raise ValueError(f"contrast must be in [0, 1), not {self.contrast}")
        if not 0 <= self.speed <= 1:
            raise ValueError(f"speed must be in [0, 1], not {self.speed}")
        if self.num_masks < 0 or self.mask_frames < 1:
            raise ValueError(f"num_masks {self.num_masks} must be at least 0 and mask_frames {self.mask_frames} at least 1")


def middle_view(clip: np.ndarray, settings: PixelSettings) -> np.ndarray:
    """The clip as a test sees it. clip: (time, ..., height, width) uint8 -> (time, ..., side, side) float32. Raises CortadoError."""
    top, left = (spare // 2 for spare in spare_pixels(clip.shape, settings))
    return normalise(_crop(clip, top, left, settings))


def random_view(clip: np.ndarray, settings: PixelSettings, rng: np.random.Generator, num_frames: int) -> np.ndarray:
    """The clip as training sees it once, played in `num_frames` frames. Shapes and errors as of middle_view."""
    top, left = (int(rng.integers(0, spare + 1)) for spare in spare_pixels(clip.shape, settings))
    view = play(normalise(_crop(clip, top, left, settings)), num_frames)
    view *= np.float32(1 + settings.contrast * rng.uniform(-1, 1))
    if settings.flip and rng.random() < 0.5:
        view = np.ascontiguousarray(view[..., ::-1])
    for _ in range(int(rng.integers(0, settings.num_masks + 1))):
        length = min(int(rng.integers(1, settings.mask_frames + 1)), len(view))
        start = int(rng.integers(0, len(view) - length + 1))
        view[start : start + length] = 0.0  # the mean frame has been taken off
    return view


def normalise(clip: np.ndarray) -> np.ndarray:
    """The clip less its mean frame, divided by the standard deviation of what is left; a still clip is zeros. float32.

    What does not move (the face, the light on it) is gone, as the channel is with cepstral mean normalisation.
    """
    moving = np.subtract(clip, clip.mean(axis=0, dtype=np.float32), dtype=np.float32)
    energy = float(np.vdot(moving, moving)) / moving.size
    moving /= np.float32(max(1e-5, energy) ** 0.5)
    return moving


def random_length(num_frames: int, settings: PixelSettings, rng: np.random.Generator) -> int:
    """In how many frames training plays a clip of `num_frames` once: the logarithm of its speed is uniform."""
    if settings.speed == 0:
        return num_frames
    return max(1, round(num_frames * (1 + settings.speed) ** rng.uniform(-1, 1)))


def longest_length(num_frames: int, settings: PixelSettings) -> int:
    """The most frames in which training plays a clip of `num_frames`."""
    return round(num_frames * (1 + settings.speed))


def play(clip: np.ndarray, num_frames: int) -> np.ndarray:
    """The clip, (time, ...) float32, in (num_frames, ...): between two of its frames they are mixed, beyond the outermost ones held."""
    if num_frames == len(clip):
        return clip
    places = (np.arange(num_frames) + 0.5) * (len(clip) / num_frames) - 0.5
    places = places.clip(0, len(clip) - 1)
    before = places.astype(np.int64)
    after = np.minimum(before + 1, len(clip) - 1)
    weight = (places - before).astype(np.float32).reshape(-1, *[1] * (clip.ndim - 1))
    return clip[before] * (1 - weight) + clip[after] * weight


def spare_pixels(shape: tuple[int, ...], settings: PixelSettings) -> tuple[int, int]:
    """How many rows and columns a crop leaves out. Raises CortadoError for a clip smaller than the crop."""
    height, width = shape[-2:]
    if min(height, width) < settings.size:
        raise CortadoError(f"frames of {height} x {width} pixels are smaller than the crop of {settings.size}; set pixels.size")
    return height - settings.size, width - settings.size


def _crop(clip: np.ndarray, top: int, left: int, settings: PixelSettings) -> np.ndarray:
    """(time, ..., size / shrink, size / shrink): uint8 where nothing is shrunk, else float32."""
    step, size = settings.shrink, settings.size
    clip = clip[..., top : top + size, left : left + size]
    if step == 1:
        return clip
    total = np.zeros((*clip.shape[:-2], size // step, size // step), np.float32)
    for row in range(step):
        for column in range(step):
            total += clip[..., row::step, column::step]
    return total / step**2
