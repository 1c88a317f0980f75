"""Pictures and times of videos made here, whole and in parts; files that are no video or a broken one are named."""

import numpy as np
import pytest
import soundfile
from drawn_videos import numbered_pictures, talking_face, write_video

from cortado.video.decode import read_pictures
from cortado.video.faults import ClipError


def test_pictures_and_times_are_those_that_were_written_at_the_videos_own_rate(tmp_path):
    written = talking_face(20)
    read = read_pictures(str(write_video(tmp_path / "clip.mkv", written, rate=50, sound=0.4)))
    np.testing.assert_array_equal(read.images, written)
    np.testing.assert_allclose(read.times, np.arange(20) / 50, atol=1e-9)
    assert read.interval == pytest.approx(0.02) and read.end == pytest.approx(0.4)
    assert read.sound == pytest.approx((0, 0.4), abs=0.08)  # the codec pads its blocks of 64 ms


def test_time_begins_with_the_first_picture(tmp_path):
    read = read_pictures(str(write_video(tmp_path / "clip.mpg", talking_face(25), codec="mpeg1video")))  # the container begins at 0.54 s
    np.testing.assert_allclose(read.times, np.arange(25) / 25, atol=1e-5)


def test_colours_are_kept_when_asked_for(tmp_path):
    written = [np.random.default_rng(number).integers(0, 256, (32, 48, 3), dtype=np.uint8) for number in range(3)]
    path = str(write_video(tmp_path / "clip.mkv", written))
    np.testing.assert_array_equal(read_pictures(path, "rgb").images, written)
    assert read_pictures(path).images[0].shape == (32, 48)


@pytest.mark.parametrize(("name", "codec"), [("clip.mp4", "libx264"), ("clip.mpg", "mpeg1video"), ("clip.mkv", "ffv1")])
def test_a_part_holds_the_very_pictures_of_the_whole_that_are_on_the_screen_then(tmp_path, name, codec):
    path = str(write_video(tmp_path / name, talking_face(60), codec=codec))
    whole = read_pictures(path)
    for start, end in [(0.0, 0.5), (0.03, 0.09), (0.52, 1.3), (1.4, 2.0), (2.29, None)]:
        part = read_pictures(path, start=start, end=end)
        begin, stop = int(start * 25 + 1e-6), 60 if end is None else int(np.ceil(end * 25 - 1e-6))
        np.testing.assert_allclose(part.times, whole.times[begin:stop])
        np.testing.assert_array_equal(part.images, whole.images[begin:stop])


def test_a_picture_that_is_held_for_long_is_on_the_screen_all_that_time(tmp_path):
    path = str(write_video(tmp_path / "clip.mkv", numbered_pictures(4), times=[0, 0.1, 1.0, 1.1]))
    assert [image[0, 0] for image in read_pictures(path, start=0.5, end=1.05).images] == [2, 4]


def test_a_single_picture_lasts_as_long_as_the_header_says(tmp_path):
    assert read_pictures(str(write_video(tmp_path / "clip.mkv", numbered_pictures(1), rate=20))).end == pytest.approx(0.05)


def refusal(path, **part) -> tuple[str, str]:
    with pytest.raises(ClipError) as refused:
        read_pictures(str(path), **part)
    assert refused.value.path == str(path)
    return refused.value.fault


def test_what_is_no_video_is_named(tmp_path):
    (tmp_path / "empty.mp4").touch()
    (tmp_path / "text.mp4").write_text("this is no video\n" * 100)
    soundfile.write(tmp_path / "sound.wav", np.zeros(1000), 16000)
    assert refusal(tmp_path / "missing.mp4") == ("unreadable", "no such file")
    assert refusal(tmp_path) == ("unreadable", "no such file")
    assert refusal(tmp_path / "empty.mp4") == ("unreadable", "is an empty file")
    assert refusal(tmp_path / "text.mp4")[1].startswith("is no video that can be read")
    assert refusal(tmp_path / "sound.wav") == ("unreadable", "has no stream of pictures")


@pytest.mark.parametrize(
    ("name", "codec"), [("clip.mp4", "libx264"), ("clip.mpg", "mpeg1video"), ("clip.avi", "mpeg4"), ("clip.mkv", "libx264")]
)
def test_a_hole_in_the_middle_of_a_file_is_a_broken_stream(tmp_path, name, codec):
    path = write_video(tmp_path / name, [np.roll(picture, 3 * number) for number, picture in enumerate(talking_face(50))], codec=codec)
    data = bytearray(path.read_bytes())
    data[len(data) // 2 : len(data) // 2 + 300] = np.random.default_rng(0).bytes(300)
    path.write_bytes(data)
    assert refusal(path)[0] == "broken stream"


def test_a_file_that_ends_too_soon_is_a_broken_stream(tmp_path):
    path = write_video(
        tmp_path / "clip.mp4", [np.roll(picture, 3 * number) for number, picture in enumerate(talking_face(50))], codec="mpeg4"
    )
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    assert refusal(path)[0] == "broken stream"


def test_a_part_beyond_the_end_is_refused_with_both_times(tmp_path):
    path = write_video(tmp_path / "clip.mkv", numbered_pictures(25))
    assert refusal(path, start=0.5, end=1.5) == ("broken stream", "its pictures end at 1.00 s instead of 1.50 s")
    assert "end at 1.00 s, before the 3.00 s" in refusal(path, start=3.0, end=4.0)[1]
    assert len(read_pictures(str(path), start=0.5, end=1.05).images) == 13  # times are rounded


def test_a_clip_too_long_for_the_memory_is_refused_before_it_is_read_to_its_end(tmp_path):
    path = write_video(tmp_path / "clip.mkv", numbered_pictures(50))
    assert refusal(path, longest=1.0)[0] == "too long"
    assert len(read_pictures(str(path), start=0.5, end=1.4, longest=1.0).images) == 23
