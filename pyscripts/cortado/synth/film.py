"""Pictures and sound as a film: MPEG-4 and FLAC in Matroska, the same bytes for the same pictures and sound.

Not H.264: what x264 writes changes a little from call to call, on one thread too.
"""

import io
from fractions import Fraction

import av
import numpy as np
from av.codec.context import Flags

from cortado.errors import CortadoError

QUALITY = {"qmin": "3", "qmax": "3"}  # the one quantiser of all pictures, of 1 (the finest) to 31: the camera's noise stays


def encode_film(pictures: np.ndarray, frame_rate: int, samples: np.ndarray, sample_rate: int) -> bytes:
    """A Matroska file. pictures: (num_frames, height, width) uint8, grey, height and width even; samples: (num_samples,) int16, one channel.

    Both begin at time 0. Raises CortadoError where the sound is not as long as the pictures, to within one of them.
    """
    if abs(len(pictures) / frame_rate - len(samples) / sample_rate) > 1 / frame_rate:
        raise CortadoError(
            f"{len(pictures)} pictures, {frame_rate} a second, do not go with {len(samples)} samples, {sample_rate} a second"
        )
    film = io.BytesIO()
    # bitexact: no date, no random names, arithmetic that is the same on every processor.
    with av.open(film, "w", format="matroska", container_options={"fflags": "bitexact"}) as container:
        video = container.add_stream("mpeg4", rate=frame_rate, options=QUALITY)
        video.height, video.width = pictures.shape[1:]
        video.pix_fmt = "yuv420p"
        video.codec_context.thread_count = 1
        sound = container.add_stream("flac", rate=sample_rate, layout="mono")
        for stream in (video, sound):
            stream.codec_context.flags |= Flags.bitexact
        for number, picture in enumerate(pictures):
            container.mux(video.encode(_timed(av.VideoFrame.from_ndarray(picture, format="gray"), number, frame_rate)))
        container.mux(video.encode())
        block = av.AudioFrame.from_ndarray(samples[None], format="s16", layout="mono")
        block.sample_rate = sample_rate
        container.mux(sound.encode(_timed(block, 0, sample_rate)))
        container.mux(sound.encode())
    return film.getvalue()


def _timed(frame, time: int, rate: int):
    frame.pts, frame.time_base = time, Fraction(1, rate)
    return frame
