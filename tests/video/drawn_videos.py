"""Small videos of drawn faces, which OpenCV's cascade takes for faces, and of plain pictures whose brightness is their number."""

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np

SOUND_RATE = 16000


def draw_face(centre: tuple[float, float] = (120, 100), width: float = 110, opening: float = 0.0, shape=(200, 240)) -> np.ndarray:
    """A face of this width around `centre`, its mouth 0.36 widths lower and open by `opening` widths: shape (height, width) uint8."""
    image = np.full(shape, 90, np.uint8)

    def ellipse(x: float, y: float, across: float, down: float, brightness: int) -> None:
        middle = round(centre[0] + x * width), round(centre[1] + y * width)
        cv2.ellipse(image, middle, (max(1, round(across * width)), max(1, round(down * width))), 0, 0, 360, brightness, -1)

    ellipse(0, 0.05, 0.48, 0.66, 180)
    for side in (-1, 1):
        ellipse(side * 0.2, -0.13, 0.15, 0.085, 120)
        ellipse(side * 0.2, -0.21, 0.13, 0.03, 70)
        ellipse(side * 0.2, -0.12, 0.09, 0.04, 230)
        ellipse(side * 0.2, -0.12, 0.045, 0.045, 40)
        ellipse(side * 0.06, 0.17, 0.03, 0.02, 100)
    ellipse(0, 0.36, 0.17, 0.06, 100)
    ellipse(0, 0.36, 0.12, 0.02 + opening, 40)
    return cv2.GaussianBlur(image, (0, 0), width * 0.02)


def talking_face(num_pictures: int, **face) -> list[np.ndarray]:
    """A face whose mouth opens and shuts once in 12 pictures."""
    return [draw_face(opening=0.03 * (1 - np.cos(2 * np.pi * number / 12)), **face) for number in range(num_pictures)]


def numbered_pictures(num_pictures: int, shape=(48, 64)) -> list[np.ndarray]:
    """Pictures whose brightness is twice their number."""
    return [np.full(shape, 2 * number, np.uint8) for number in range(num_pictures)]


def write_video(
    path: Path, pictures: Sequence[np.ndarray], rate: int = 25, times: Sequence[float] | None = None, codec: str = "ffv1", sound: float = 0
) -> Path:
    """Write pictures (grey or RGB) at `rate`, or each at its time in seconds; with `sound` seconds of noise. ffv1 loses nothing."""
    path.parent.mkdir(parents=True, exist_ok=True)
    ticks = 1000 if times is not None else rate
    with av.open(str(path), "w", options={"movflags": "faststart"} if path.suffix == ".mp4" else {}) as container:
        stream = container.add_stream(codec, rate=rate)
        stream.height, stream.width = pictures[0].shape[:2]
        stream.pix_fmt = ("gray" if codec == "ffv1" else "yuv420p") if pictures[0].ndim == 2 else "bgr0"
        stream.gop_size = 12
        stream.codec_context.time_base = Fraction(1, ticks)
        track = container.add_stream("mp2" if path.suffix == ".mpg" else "aac", rate=SOUND_RATE, layout="mono") if sound else None
        for number, picture in enumerate(pictures):
            frame = av.VideoFrame.from_ndarray(picture, format="gray" if picture.ndim == 2 else "rgb24")
            frame.pts = number if times is None else round(1000 * times[number])
            frame.time_base = Fraction(1, ticks)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
        if track:
            container.mux([*_encoded_noise(track, sound), *track.encode()])
    return path


def _encoded_noise(track, seconds: float) -> list[av.Packet]:
    samples = (3000 * np.random.default_rng(0).standard_normal((1, round(seconds * SOUND_RATE)))).astype(np.int16)
    frame = av.AudioFrame.from_ndarray(samples, format="s16", layout="mono")
    frame.sample_rate, frame.pts = SOUND_RATE, 0
    return track.encode(frame)
