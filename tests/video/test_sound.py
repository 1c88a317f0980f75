"""The sound of a video file: its samples begin with the first picture, and what is wrong with it has a reason."""

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
import soundfile

from cortado.errors import DataError
from cortado.video.sound import read_sound, write_wav

RATE = 16000


def write_click(path: Path, at: float, sound_begins: float = 0.0, seconds: float = 2.0, codec: str = "flac") -> Path:
    """A video of grey pictures from time 0 on; its sound from `sound_begins` on, with a click at time `at`."""
    samples = np.zeros((1, round((seconds - sound_begins) * RATE)), np.int16)
    samples[0, round((at - sound_begins) * RATE)] = 20000
    with av.open(str(path), "w", format="matroska") as container:
        video = container.add_stream("mpeg4", rate=25, width=32, height=32, pix_fmt="yuv420p")
        sound = container.add_stream(codec, rate=RATE, layout="mono")
        for _ in range(round(25 * seconds)):
            container.mux(video.encode(av.VideoFrame.from_ndarray(np.full((32, 32), 90, np.uint8), format="gray")))
        container.mux(video.encode())
        frame = av.AudioFrame.from_ndarray(samples, format="s16", layout="mono")
        frame.sample_rate, frame.time_base, frame.pts = RATE, Fraction(1, RATE), round(sound_begins * RATE)
        container.mux([*sound.encode(frame), *sound.encode()])
    return path


@pytest.mark.parametrize("sound_begins", [0.0, 0.08])
@pytest.mark.parametrize("rate", [16000, 8000])
def test_samples_begin_with_the_first_picture(tmp_path, sound_begins, rate):
    samples = read_sound(write_click(tmp_path / "a.mkv", at=1.25, sound_begins=sound_begins), rate)
    assert samples.dtype == np.float32 and abs(len(samples) - 2 * rate) <= 1
    assert abs(int(np.abs(samples).argmax()) - 1.25 * rate) <= 1


def test_sound_that_does_not_go_with_the_pictures_is_refused(tmp_path):
    with pytest.raises(DataError, match=r"a\.mkv: its sound is from 0\.50 to 2\.00 s, its pictures last"):
        read_sound(write_click(tmp_path / "a.mkv", at=1.25, sound_begins=0.5), RATE)
    (tmp_path / "b.mkv").write_bytes(b"no video")
    with pytest.raises(DataError, match=r"b\.mkv: broken: "):
        read_sound(tmp_path / "b.mkv", RATE)


def test_a_wav_has_the_samples_to_16_bits(tmp_path):
    samples = np.random.default_rng(0).uniform(-1, 1, 500).astype(np.float32)
    write_wav(tmp_path / "new/a.wav", samples, RATE)
    read, rate = soundfile.read(tmp_path / "new/a.wav", dtype="float32")
    assert rate == RATE
    np.testing.assert_allclose(read, samples, atol=2**-14)
