"""Films: the pictures and the sound that went in come out, at their times, and the bytes are the same each time."""

import io

import av
import numpy as np
import pytest

from cortado.errors import CortadoError
from cortado.synth.film import encode_film


def film() -> tuple[np.ndarray, np.ndarray, bytes]:
    """A bright bar that wanders over grey, and noise."""
    pictures = np.full((30, 48, 64), 90, np.uint8)
    for number, picture in enumerate(pictures):
        picture[:, number : number + 12] = 200
    samples = np.random.default_rng(0).normal(0, 3000, 19000).astype(np.int16)
    return pictures, samples, encode_film(pictures, 25, samples, 16000)


def test_pictures_and_sound_come_back_at_their_times():
    pictures, samples, encoded = film()
    with av.open(io.BytesIO(encoded)) as container:
        video, sound = container.streams.video[0], container.streams.audio[0]
        assert (video.average_rate, video.start_time, sound.rate, sound.start_time) == (25, 0, 16000, 0)
        frames = list(container.decode(video))
        container.seek(0)
        heard = np.concatenate([block.to_ndarray()[0] for block in container.decode(sound)])
    assert [frame.time for frame in frames] == pytest.approx(np.arange(30) / 25, abs=1e-3)
    seen = np.stack([frame.to_ndarray(format="gray") for frame in frames]).astype(int)
    error = np.abs(seen - pictures).mean(axis=(1, 2))
    assert error.max() < 1.5 and error[-5:].mean() < error[:5].mean() + 0.5  # no worse at the end
    np.testing.assert_array_equal(heard, samples)


def test_same_bytes_time_and_again():
    assert len({film()[2] for _ in range(5)}) == 1


def test_sound_of_another_length_is_refused():
    with pytest.raises(CortadoError, match="30 pictures, 25 a second, do not go with 16000 samples"):
        encode_film(np.zeros((30, 48, 64), np.uint8), 25, np.zeros(16000, np.int16), 16000)
