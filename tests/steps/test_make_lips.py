"""steps/make_lips.sh on small drawn videos: same lips for any nj and after a kill, segments, bad clips left out and named."""

import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

sys.path.append(str(Path(__file__).parents[1] / "video"))
from drawn_videos import draw_face, numbered_pictures, talking_face, write_video

from cortado import ark
from cortado.config import load_config
from cortado.video import LipsConfig, make_lips

ROOT = Path(__file__).resolve().parents[2]
CONFIG = ROOT / "conf/lips_center.yaml"
TABLES = ("utt2num_lips", "lips.md5", "lips_report")


def write_data_dir(folder: Path, videos: dict[str, Path], utterances=None) -> Path:
    """A data directory of these recordings; the speaker is what stands before the dash of an utterance."""
    folder.mkdir(parents=True)
    utterances = sorted(utterances or videos)
    (folder / "video.scp").write_text("".join(f"{name} {path}\n" for name, path in sorted(videos.items())))
    (folder / "utt2spk").write_text("".join(f"{name} {name.split('-')[0]}\n" for name in utterances))
    speakers = sorted({name.split("-")[0] for name in utterances})
    (folder / "spk2utt").write_text("".join(f"{one} {' '.join(u for u in utterances if u.startswith(one))}\n" for one in speakers))
    return folder


def run_step(recipe: Path, *arguments) -> subprocess.CompletedProcess:
    command = ["steps/make_lips.sh", "--lips-config", CONFIG, *arguments]
    return subprocess.run(list(map(str, command)), cwd=recipe, capture_output=True, text=True, check=False)


def lips_of(data: Path) -> dict[str, np.ndarray]:
    return {utterance: ark.read(rxfile) for utterance, rxfile in ark.read_scp(data / "lips.scp").items()}


def tables_of(data: Path) -> dict[str, bytes]:
    return {name: (data / name).read_bytes() for name in TABLES}


@pytest.fixture
def videos(recipe_dir) -> dict[str, Path]:
    """Five clips of 8 to 12 pictures, the last of which is short of sound."""
    return {
        f"s{number % 2}-{number}": write_video(
            recipe_dir / f"video/{number}.mp4", talking_face(8 + number), codec="libx264", sound=0.2 * (number == 4)
        )
        for number in range(5)
    }


def test_lips_are_the_librarys_whatever_nj_and_after_a_kill_and_a_rerun_does_only_what_is_missing(recipe_dir, videos):
    data = write_data_dir(recipe_dir / "data/train", videos)
    made = run_step(recipe_dir, "--nj", 3, "data/train")
    assert made.returncode == 0, made.stderr
    assert "5 of 5 clips made, 0 dropped" in made.stdout
    first, tables = lips_of(data), tables_of(data)
    config = load_config(LipsConfig, CONFIG)
    for utterance, path in videos.items():
        np.testing.assert_array_equal(first[utterance], make_lips(str(path), config.build_roi(), config).frames)
    assert tables["utt2num_lips"] == b"s0-0 8\ns0-2 10\ns0-4 12\ns1-1 9\ns1-3 11\n"
    assert tables["lips_report"].startswith(b"s0-4 kept, different length: ") and tables["lips_report"].count(b"\n") == 1
    assert (data / "conf/lips_center.yaml").read_bytes() == CONFIG.read_bytes()
    sheet = cv2.imread(str(data / "data/lips_train.1of3.png"))
    assert sheet.shape == (2 * (96 + 14), 12 * 96, 3)

    arks = {path.name: path.stat().st_mtime_ns for path in (data / "data").glob("*.ark")}
    write_video(videos["s1-3"], talking_face(6), codec="libx264")
    assert run_step(recipe_dir, "--nj", 3, "data/train").returncode == 0
    assert [path.name for path in sorted((data / "data").glob("*.ark")) if path.stat().st_mtime_ns != arks[path.name]] == [
        "lips_train.3of3.ark"
    ]
    assert len(lips_of(data)["s1-3"]) == 6

    write_video(videos["s1-3"], talking_face(11), codec="libx264")
    (recipe_dir / "killed.sh").write_text('run.py "$@"\nkill -KILL $PPID\n')
    assert run_step(recipe_dir, "--nj", 1, "--cmd", "bash killed.sh", "data/train").returncode != 0
    assert not (data / "lips.scp").exists()
    completed = run_step(recipe_dir, "--nj", 1, "data/train")
    assert completed.returncode == 0 and "1 / 1 succeeded before" in completed.stderr
    assert tables_of(data) == tables
    assert all(np.array_equal(lips, first[utterance]) for utterance, lips in lips_of(data).items())
    assert not list((data / "data").glob("*of3*"))


def test_clips_that_cannot_be_used_are_left_out_counted_and_named_and_the_rest_is_made(recipe_dir, videos):
    broken = write_video(recipe_dir / "video/broken.avi", [np.roll(face, 3 * i) for i, face in enumerate(talking_face(25))], codec="mpeg4")
    data = bytearray(broken.read_bytes())
    data[len(data) // 2 :][:300] = bytes(300)
    broken.write_bytes(data[: len(data) // 2])
    (recipe_dir / "video/text.mp4").write_text("no video\n" * 100)
    grey = write_video(recipe_dir / "video/grey.mkv", numbered_pictures(9))
    bad = {"a-1": recipe_dir / "video/none.mp4", "a-2": recipe_dir / "video/text.mp4", "a-3": grey, "a-4": broken}
    data = write_data_dir(recipe_dir / "data/train", {**videos, **bad})
    made = run_step(recipe_dir, "--nj", 3, "data/train")  # all clips of the first job are bad
    assert made.returncode == 0, made.stderr
    assert "5 of 9 clips made, 4 dropped: see data/train/lips_report" in made.stdout
    assert list(lips_of(data)) == sorted(videos)
    report = dict(line.split(" ", 1) for line in (data / "lips_report").read_text().splitlines())
    assert list(report) == ["a-1", "a-2", "a-3", "a-4", "s0-4"]
    assert report["a-1"] == "dropped, unreadable: no such file"
    assert report["a-2"].startswith("dropped, unreadable: is no video")
    assert report["a-3"].startswith("dropped, damaged pictures: 9 of 9 frames")
    assert report["a-4"].startswith("dropped, broken stream: ")
    log = (data / "log/make_lips_train.1.log").read_text()
    assert "a-1: dropped, unreadable: no such file" in log and "lips of 0 of 3 clips" in log

    fixed = subprocess.run(["utils/fix_data_dir.sh", "data/train"], cwd=recipe_dir, capture_output=True, text=True, check=False)
    assert fixed.returncode == 0, fixed.stderr
    assert [line.split()[0] for line in (data / "utt2spk").read_text().splitlines()] == sorted(videos)


def test_segments_cut_clips_out_of_long_videos(recipe_dir):
    pictures = [draw_face(centre=(110 + number, 100)) for number in range(50)]
    long = write_video(recipe_dir / "video/long.mp4", pictures, codec="libx264")
    data = write_data_dir(recipe_dir / "data/train", {"rec": long}, ["a-1", "a-2", "b-1"])
    (data / "segments").write_text("a-1 rec 0.0 0.6\na-2 rec 0.6 1.4\nb-1 rec 1.2 5.0\n")
    made = run_step(recipe_dir, "--nj", 2, "data/train")
    assert made.returncode == 0, made.stderr
    config = load_config(LipsConfig, CONFIG)
    whole = make_lips(str(long), config.build_roi(), config).frames
    lips = lips_of(data)
    np.testing.assert_array_equal(lips["a-1"], whole[:15])
    np.testing.assert_array_equal(lips["a-2"], whole[15:35])
    assert (data / "lips_report").read_text() == "b-1 dropped, broken stream: its pictures end at 2.00 s instead of 5.00 s\n"


def test_wrong_calls_say_what_is_wrong(recipe_dir):
    data = write_data_dir(recipe_dir / "data/train", {"a-1": recipe_dir / "none.mp4", "a-2": recipe_dir / "none.mp4"})
    for arguments, named in [
        (("data/none",), "data/none/video.scp"),
        (("--lips-config", "conf/none.yaml", "data/train"), "conf/none.yaml"),
        (("--nj", 3, "data/train"), "--nj"),
        ((), "Usage: steps/make_lips.sh"),
        (("--nj", 1, "data/train"), "all of the 2 clips of data/train were dropped: see data/train/lips_report"),
    ]:
        refused = run_step(recipe_dir, *arguments)
        assert refused.returncode != 0 and named in refused.stderr, refused.stderr
    assert not (data / "lips.scp").exists()
    (data / "video.scp").write_text("a-1 none.mp4\n")
    assert "a-2" in run_step(recipe_dir, "--nj", 1, "data/train").stderr
