"""Whether the pictures of a clip can be used."""

from pathlib import Path

import av
import numpy as np

from cortado.errors import DataError
from cortado.video.sound import only_stream, open_video

# Standard deviation of brightness (0 to 255) within one picture: sound ones have above 30, the grey ones of a broken stream near 0.
MIN_CONTRAST = 10.0


def find_picture_fault(path: Path) -> str | None:
    """Why the pictures cannot be used, or None: a broken stream, no picture, or pictures that are one even grey."""
    try:
        with open_video(path) as container:
            contrasts = [_contrast(frame) for frame in container.decode(only_stream(path, container, "video"))]
    except DataError as error:
        return error.reason
    if not contrasts:
        return "holds no pictures"
    grey = [number for number, contrast in enumerate(contrasts) if contrast < MIN_CONTRAST]
    return f"{len(grey)} of {len(contrasts)} pictures are grey, first number {grey[0]}" if grey else None


def _contrast(frame: av.VideoFrame) -> float:
    """The standard deviation of brightness, over every fourth pixel of every fourth row."""
    plane = frame.planes[0]  # of the YUV formats of MPEG-1 and H.264: brightness
    brightness = np.frombuffer(plane, np.uint8).reshape(plane.height, plane.line_size)
    return float(brightness[: frame.height : 4, : frame.width : 4].std())
