"""The sound of a video file, through PyAV, and how well it goes with the pictures."""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import soundfile
import soxr

from cortado.errors import DataError
from cortado.files import atomic_write

# By how much, in seconds, the sound may begin later or end earlier than the pictures. Sound clips differ by up to 0.03.
TOLERANCE = 0.1


def read_sound(path: Path, sample_rate: int) -> np.ndarray:
    """Samples (num_samples,) float32 in [-1, 1), sample 0 at the time of the first picture; channels are averaged.

    Raises DataError with the reason: no stream of sound or pictures, a broken stream, nothing in it or zeros alone, or sound that
    begins later or ends earlier than the pictures by more than TOLERANCE.
    """
    with open_video(path) as container:
        sound, pictures = only_stream(path, container, "audio"), only_stream(path, container, "video")
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


def write_wav(path: str | Path, samples: np.ndarray, sample_rate: int) -> None:
    """Write samples (num_samples,) float32 in [-1, 1) as 16-bit WAV, atomically. Raises CortadoError."""
    encoded = io.BytesIO()  # soundfile answers a full disk with an AssertionError
    soundfile.write(encoded, np.rint(samples * 32767).astype(np.int16), sample_rate, format="WAV", subtype="PCM_16")
    with atomic_write(path, "wb") as handle:
        handle.write(encoded.getbuffer())


@contextmanager
def open_video(path: Path) -> Iterator[av.container.InputContainer]:
    """The file, opened. Raises DataError where it is no video, and for a stream that breaks off in the `with`."""
    try:
        with av.open(str(path)) as container:
            yield container
    except (av.error.FFmpegError, OSError) as error:
        raise DataError(path, f"broken: {error.strerror or error}") from None


def only_stream(path: Path, container: av.container.InputContainer, kind: str):
    """The stream of `kind`, "audio" or "video". Raises DataError unless there is one."""
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


def _seconds(time: int | None, base: Fraction | None) -> float:
    return float((time or 0) * (base or 0))


def _shift(samples: np.ndarray, delay: int) -> np.ndarray:
    """Zeros before them, or without the first ones where `delay` is negative."""
    return np.concatenate([np.zeros(delay, samples.dtype), samples]) if delay > 0 else samples[-delay:]
