"""The pictures of a video file, or of a part of it, through PyAV."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal, NamedTuple

import av
import numpy as np

from cortado.video.faults import ClipError

Colour = Literal["grey", "rgb"]

# By how much, in seconds, the pictures may end before the time that the header or a segment gives.
END_TOLERANCE = 0.1

# Formats with an index, by FFmpeg's names. In others, times are wrong behind a seek (MPEG program streams: by a picture or two), so that
# a part is decoded from the beginning of the file on.
EXACT_SEEK = ("mov,mp4,m4a,3gp,3g2,mj2", "matroska,webm")

_PIXEL_FORMATS = {"grey": "gray", "rgb": "rgb24"}


class Pictures(NamedTuple):
    """Pictures and the times at which they appear, in seconds since the first picture of the file."""

    images: list[np.ndarray]  # each (height, width) or (height, width, 3), uint8
    times: np.ndarray  # (num_pictures,) float64, increasing
    interval: float  # the median between two pictures
    sound: tuple[float, float] | None = None  # when the sound begins and ends; None where there is none, or a part alone was read

    @property
    def end(self) -> float:
        """When the last picture ends."""
        return float(self.times[-1]) + self.interval


def read_pictures(path: str, colour: Colour = "grey", start: float = 0.0, end: float | None = None, longest: float = np.inf) -> Pictures:
    """The pictures that are on the screen between `start` and `end` (seconds; None: the end of the file), at the video's own rate.

    Raises ClipError with what is wrong: a file that is missing, empty or no video, a broken stream, more than `longest` seconds.
    """
    with _opened(path) as container:
        stream = container.streams.video[0]
        stream.thread_type = "NONE"  # jobs, not threads, fill a machine
        clock, sound = _Clock(stream), _Span()
        is_whole = start == 0 and end is None
        frames = _all_frames(container, stream, sound) if is_whole else _frames_from(container, stream, clock, start)
        images, times = [], []
        for time, frame in _shown(clock.timed(frames), start, end):
            if frame.is_corrupt:
                raise ClipError(path, "broken stream", f"the picture at {time:.2f} s is marked as damaged")
            if time > start + longest:
                raise ClipError(path, "too long", f"lasts more than {longest:g} s: cut it by segments, or raise max_seconds")
            images.append(frame.to_ndarray(format=_PIXEL_FORMATS[colour]))
            times.append(time)
        pictures = Pictures(images, *_checked_times(path, times, clock.interval), sound.since(clock.origin))
        _refuse_cut_off(path, pictures, start, clock.duration if end is None else end)
    return pictures


class _Clock:
    """The times of a stream, in seconds since its first picture."""

    def __init__(self, stream: av.VideoStream):
        self.origin = float((stream.start_time or 0) * stream.time_base)
        self.duration = float((stream.duration or 0) * stream.time_base)  # 0 where the header does not say
        self.interval = 1 / float(stream.average_rate or stream.guessed_rate or 25)

    def timed(self, frames: Iterator[av.VideoFrame]) -> Iterator[tuple[float, av.VideoFrame]]:
        """Each picture with its time, which bare streams do not have: it is counted there."""
        for number, frame in enumerate(frames):
            yield number * self.interval if frame.time is None else frame.time - self.origin, frame


class _Span:
    """The times between which the packets of a stream lie."""

    def __init__(self):
        self.start, self.end = np.inf, -np.inf

    def add(self, packet: av.Packet) -> None:
        if packet.pts is not None:
            self.start = min(self.start, float(packet.pts * packet.time_base))
            self.end = max(self.end, float((packet.pts + (packet.duration or 0)) * packet.time_base))

    def since(self, origin: float) -> tuple[float, float] | None:
        return (self.start - origin, self.end - origin) if self.end > self.start else None


@contextmanager
def _opened(path: str) -> Iterator[av.container.InputContainer]:
    """The file, which has a stream of pictures. What FFmpeg says on the way becomes a ClipError."""
    if not Path(path).is_file():
        raise ClipError(path, "unreadable", "no such file")
    if Path(path).stat().st_size == 0:
        raise ClipError(path, "unreadable", "is an empty file")
    try:
        container = av.open(path)
    except (av.error.FFmpegError, OSError) as error:
        raise ClipError(path, "unreadable", f"is no video that can be read: {error.strerror}") from None
    with container:
        if not container.streams.video:
            raise ClipError(path, "unreadable", "has no stream of pictures")
        try:
            yield container
        except (av.error.FFmpegError, OSError) as error:
            raise ClipError(path, "broken stream", f"cannot be decoded: {error.strerror}") from None


def _all_frames(container, stream, sound: _Span) -> Iterator[av.VideoFrame]:
    """All pictures; when the sound begins and ends is learnt on the way, without decoding it."""
    for packet in container.demux(stream, *container.streams.audio[:1]):
        if packet.stream.type == "audio":
            sound.add(packet)
        else:
            yield from packet.decode()


def _frames_from(container, stream, clock: _Clock, start: float) -> Iterator[av.VideoFrame]:
    """All pictures from `start` (seconds) or earlier on."""
    if container.format.name in EXACT_SEEK:
        container.seek(int((clock.origin + start) / stream.time_base), stream=stream)
    yield from container.decode(stream)


def _shown(timed: Iterator[tuple[float, av.VideoFrame]], start: float, end: float | None) -> Iterator[tuple[float, av.VideoFrame]]:
    """Those that are on the screen at some time between `start` and `end`; a picture is, until the next one comes."""
    last = None
    for time, frame in timed:
        if end is not None and time >= end:
            break
        if last is not None and time > start:
            yield last
        last = time, frame
    if last is not None:
        yield last


def _checked_times(path: str, times: list[float], interval: float) -> tuple[np.ndarray, float]:
    """The times and the median between two of them; `interval` for a single picture. Raises ClipError unless they increase."""
    if not times:
        raise ClipError(path, "unreadable", "holds no pictures")
    steps = np.diff(times)
    if (steps <= 0).any():
        raise ClipError(path, "broken stream", f"its time runs backwards at {times[steps.argmin()]:.2f} s")
    return np.array(times), float(np.median(steps)) if len(steps) else interval


def _refuse_cut_off(path: str, pictures: Pictures, start: float, wanted: float) -> None:
    if pictures.end <= start:
        raise ClipError(
            path, "broken stream", f"its pictures end at {pictures.end:.2f} s, before the {start:.2f} s at which the clip begins"
        )
    if pictures.end < wanted - END_TOLERANCE:
        raise ClipError(path, "broken stream", f"its pictures end at {pictures.end:.2f} s instead of {wanted:.2f} s")
