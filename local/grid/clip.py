"""The sound and the pictures of a clip, through PyAV, and what can be wrong with them."""

from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import soxr

from cortado.errors import DataError

# By how much, in seconds, the sound may begin later or end earlier than the pictures. Sound clips differ by up to 0.03.
TOLERANCE = 0.1
# Standard deviation of brightness (0 to 255) within one picture: sound ones have above 30, the grey ones of a broken stream near 0.
MIN_CONTRAST = 10.0


def read_sound(path: Path, sample_rate: int) -> np.ndarray:
    """Samples (num_samples,) float32 in [-1, 1), sample 0 at the time of the first picture; channels are averaged.

    Raises DataError with the reason: no stream of sound or pictures, a broken stream, nothing in it or zeros alone, or sound that
    begins later or ends earlier than the pictures by more than TOLERANCE.
    """
    with _opened(path) as container:
        sound, pictures = _only_stream(path, container, "audio"), _only_stream(path, container, "video")
        frames = list(container.decode(sound))
        blocks = [_as_float(frame) for frame in frames]
        if not blocks:
            raise DataError(path, "holds no samples of sound")
        samples = np.concatenate(blocks)
        start = _seconds(frames[0].pts, frames[0].time_base) - _seconds(pictures.start_time, pictures.time_base)
        length = _seconds(sound.duration, sound.time_base)
        rate, wanted = frames[0].sample_rate, _seconds(pictures.duration, pictures.time_base)
    if length:
        samples = samples[: round(length * rate)]  # behind it is what fills the last block of the codec
    if not samples.any():
        raise DataError(path, "its sound is zero throughout")
    if start > TOLERANCE or start + len(samples) / rate < wanted - TOLERANCE:
        raise DataError(path, f"its sound is from {start:.2f} to {start + len(samples) / rate:.2f} s, its pictures last {wanted:.2f} s")
    samples = _shift(samples, round(start * rate))
    return np.clip(soxr.resample(samples, rate, sample_rate), -1, 1 - 2**-15)


def find_picture_fault(path: Path) -> str | None:
    """Why the pictures cannot be used, or None: a broken stream, no picture, or pictures that are one even grey."""
    try:
        with _opened(path) as container:
            contrasts = [_contrast(frame) for frame in container.decode(_only_stream(path, container, "video"))]
    except DataError as error:
        return error.reason
    if not contrasts:
        return "holds no pictures"
    grey = [number for number, contrast in enumerate(contrasts) if contrast < MIN_CONTRAST]
    return f"{len(grey)} of {len(contrasts)} pictures are grey, first number {grey[0]}" if grey else None


@contextmanager
def _opened(path: Path) -> Iterator[av.container.InputContainer]:
    try:
        with av.open(str(path)) as container:
            yield container
    except (av.error.FFmpegError, OSError) as error:
        raise DataError(path, f"broken: {error.strerror or error}") from None


def _only_stream(path: Path, container: av.container.InputContainer, kind: str):
    streams = [stream for stream in container.streams if stream.type == kind]
    if len(streams) != 1:
        raise DataError(path, f"has {len(streams)} streams of {kind}, one is expected")
    return streams[0]


def _as_float(frame: av.AudioFrame) -> np.ndarray:
    """(num_samples,) float32 in [-1, 1]."""
    values = frame.to_ndarray()
    if not frame.format.is_planar:
        values = values.reshape(-1, frame.layout.nb_channels).T
    if values.dtype.kind == "i":
        values = values / -float(np.iinfo(values.dtype).min)
    return values.mean(axis=0, dtype=np.float32)


def _contrast(frame: av.VideoFrame) -> float:
    """The standard deviation of brightness, over every fourth pixel of every fourth row."""
    plane = frame.planes[0]  # of the YUV formats of MPEG-1 and H.264: brightness
    brightness = np.frombuffer(plane, np.uint8).reshape(plane.height, plane.line_size)
    return float(brightness[: frame.height : 4, : frame.width : 4].std())


def _seconds(time: int | None, base: Fraction | None) -> float:
    return float((time or 0) * (base or 0))


def _shift(samples: np.ndarray, delay: int) -> np.ndarray:
    """Zeros before them, or without the first ones where `delay` is negative."""
    return np.concatenate([np.zeros(delay, samples.dtype), samples]) if delay > 0 else samples[-delay:]
