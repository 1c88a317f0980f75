"""From a file to lips: crops that show the mouth at 25 frames a second, and every fault of a clip told at once."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from drawn_videos import numbered_pictures, talking_face, write_video

from cortado import ark
from cortado.config import load_config
from cortado.errors import ConfigError
from cortado.video import LipsConfig, make_lips
from cortado.video.faults import DROPS
from cortado.video.lips import find_damage
from cortado.video.sheet import sample_frames, write_sheet

CONF = Path(__file__).resolve().parents[2] / "conf"
FACE = load_config(LipsConfig, CONF / "lips.yaml")
CENTRE = load_config(LipsConfig, CONF / "lips_center.yaml")


def lips_of(path: Path, config: LipsConfig, **part):
    return make_lips(str(path), config.build_roi(), config, **part)


def test_the_opening_of_the_drawn_mouth_is_seen_in_the_crops(tmp_path):
    path = write_video(tmp_path / "clip.mp4", talking_face(36), codec="libx264", sound=1.44)
    frames, faults = lips_of(path, FACE)
    assert frames.shape == (36, 96, 96) and frames.dtype == np.uint8 and faults == []
    dark = np.count_nonzero(frames[:, 24:90, 24:72] < 70, axis=(1, 2))  # the open mouth; nostrils are above
    opening = 1 - np.cos(2 * np.pi * np.arange(36) / 12)
    assert np.corrcoef(dark, opening)[0, 1] > 0.95


def test_a_video_of_another_rate_gives_25_frames_a_second(tmp_path):
    frames, faults = lips_of(write_video(tmp_path / "clip.mkv", talking_face(60), rate=50), FACE)
    every_second, _ = lips_of(write_video(tmp_path / "half.mkv", talking_face(60)[::2]), FACE)
    assert len(frames) == len(every_second) == 30 and faults == []
    assert np.abs(frames.astype(int) - every_second).mean() < 3  # tracks differ by a fraction of a pixel


def test_colours_go_into_an_ark_and_come_out(tmp_path):
    written = [np.random.default_rng(number).integers(0, 256, (192, 192, 3), dtype=np.uint8) for number in range(4)]
    config = LipsConfig(roi=CENTRE.roi, colour="rgb")
    frames, _ = lips_of(write_video(tmp_path / "clip.mkv", written), config)
    np.testing.assert_array_equal(frames, [picture[48:144, 48:144] for picture in written])
    with ark.ArkWriter(tmp_path / "lips.ark", tmp_path / "lips.scp") as writer:
        writer.write("clip", frames)
    rxfile = ark.read_scp(tmp_path / "lips.scp")["clip"]
    np.testing.assert_array_equal(ark.read(rxfile), frames)
    np.testing.assert_array_equal(ark.read_part(rxfile, 1, 3), frames[1:3])


def test_grey_pictures_of_a_decoder_that_lacks_the_beginning_are_damage():
    good = np.random.default_rng(0).integers(0, 256, (75, 96, 96), dtype=np.uint8)
    assert find_damage(good) == []
    grey = good.copy()
    grey[3:15] = 128
    (fault,) = find_damage(grey)
    assert fault == ("damaged pictures", "12 of 75 frames are grey, the first at 0.12 s") and fault.drops
    green = np.repeat(good[..., None], 3, axis=3)
    green[70] = (0, 135, 0)  # zeros of YUV
    assert [fault.kind for fault in find_damage(green)] == ["damaged pictures"]


def test_all_that_is_wrong_with_a_clip_is_told_at_once_and_warnings_alone_drop_nothing(tmp_path):
    times = np.delete(np.arange(31) / 25, 12)
    frames, faults = lips_of(write_video(tmp_path / "odd.mkv", talking_face(30), times=times, sound=0.5), FACE)
    assert [fault.kind for fault in faults] == ["variable rate", "different length"] and len(frames) == 31
    frames, faults = lips_of(write_video(tmp_path / "bad.mkv", numbered_pictures(30), times=times), CENTRE)
    assert [fault.kind for fault in faults] == ["variable rate", "damaged pictures"] and frames is None
    frames, faults = lips_of(tmp_path / "bad.mkv", FACE)
    assert [fault.kind for fault in faults] == ["variable rate", "no face"] and frames is None
    frames, faults = lips_of(tmp_path / "none.mkv", FACE)
    assert frames is None and faults == [("unreadable", "no such file")]
    away = [*talking_face(15), *numbered_pictures(15, (200, 240)), *talking_face(15)]
    frames, faults = lips_of(write_video(tmp_path / "away.mkv", away), FACE)
    assert "lost track" in [fault.kind for fault in faults] and frames is None
    frames, faults = lips_of(tmp_path / "odd.mkv", FACE, start=0.1, end=0.11)
    assert frames is None and faults[-1].kind == "too short"
    assert {fault.kind for fault in faults} <= set(DROPS)


def test_a_segment_is_the_same_as_that_part_of_the_whole(tmp_path):
    path = write_video(
        tmp_path / "clip.mp4", [np.roll(picture, number, axis=1) for number, picture in enumerate(talking_face(50))], codec="libx264"
    )
    whole, _ = lips_of(path, CENTRE)
    part, _ = lips_of(path, CENTRE, start=0.6, end=1.4)
    np.testing.assert_array_equal(part, whole[15:35])


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("size: 0", "size is 1 or more"),
        ("colour: blue", "grey, rgb"),
        ("roi: {class: cortado.video.LipsConfig}", "FaceRoi and CentreRoi"),
        ("roi: {class: cortado.video.CentreRoi, side: 3}", "side is above 0"),
        ("roi: {class: cortado.video.CentreRoi, sides: 3}", "sides"),
    ],
)
def test_a_wrong_config_names_what_is_wrong(tmp_path, text, named):
    (tmp_path / "lips.yaml").write_text(text)
    with pytest.raises(ConfigError, match=named):
        load_config(LipsConfig, tmp_path / "lips.yaml").build_roi()


def test_the_sheet_shows_a_row_for_each_clip_and_is_written_without_any(tmp_path):
    rows = {f"clip-{number}": sample_frames(np.full((40, 24, 24), 40 * number, np.uint8)) for number in (1, 2, 3)}
    write_sheet(rows, tmp_path / "sheet.png")
    sheet = cv2.imread(str(tmp_path / "sheet.png"), cv2.IMREAD_GRAYSCALE)
    assert sheet.shape == (3 * (24 + 14), 12 * 24)
    assert [np.unique(sheet[38 * row + 14 : 38 * row + 38]).tolist() for row in range(3)] == [[40], [80], [120]]
    assert sheet[:14].max() > 200  # the name
    write_sheet({}, tmp_path / "empty.png")
    assert cv2.imread(str(tmp_path / "empty.png")) is not None
    red = np.zeros((2, 24, 24, 3), np.uint8)
    red[..., 0] = 255
    write_sheet({"red": sample_frames(red)}, tmp_path / "red.png")
    assert cv2.imread(str(tmp_path / "red.png"))[30, 30].tolist() == [0, 0, 255]  # OpenCV reads blue first
