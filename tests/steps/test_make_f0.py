"""steps/make_f0.sh on SYNTHETIC singing: the library's f0 for any nj, bad recordings left out and named, reruns, wrong calls."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

sys.path.append(str(Path(__file__).parents[1] / "pitch"))
from sung_signals import RATE, sing

from cortado import ark
from cortado.pitch import SalienceTracker, make_f0

ROOT = Path(__file__).resolve().parents[2]


def write_data_dir(folder: Path, recordings: dict[str, tuple[np.ndarray, int]]) -> Path:
    """A data directory of WAV files; the singer is what stands before the dash."""
    (folder / "wav").mkdir(parents=True)
    for name, (samples, rate) in recordings.items():
        soundfile.write(folder / f"wav/{name}.wav", samples, rate, subtype="FLOAT")
    (folder / "wav.scp").write_text("".join(f"{name} {folder}/wav/{name}.wav\n" for name in sorted(recordings)))
    (folder / "utt2spk").write_text("".join(f"{name} {name.split('-')[0]}\n" for name in sorted(recordings)))
    singers = sorted({name.split("-")[0] for name in recordings})
    lines = (f"{one} {' '.join(name for name in sorted(recordings) if name.startswith(one))}\n" for one in singers)
    (folder / "spk2utt").write_text("".join(lines))
    return folder


def run_step(recipe: Path, *arguments) -> subprocess.CompletedProcess:
    command = ["steps/make_f0.sh", "--f0-config", ROOT / "conf/f0.yaml", *arguments]
    return subprocess.run(list(map(str, command)), cwd=recipe, capture_output=True, text=True, check=False)


def f0_of(data: Path) -> dict[str, np.ndarray]:
    return {recording: ark.read(rxfile) for recording, rxfile in ark.read_scp(data / "f0.scp").items()}


@pytest.fixture(scope="module")
def songs() -> dict[str, tuple[np.ndarray, int]]:
    return {f"{singer}-{number}": (sing(3, 150 + 60 * number, number)[0], RATE) for number, singer in enumerate(("am", "ec", "ñu"))}


def test_f0_is_the_librarys_for_any_nj_and_bad_recordings_are_left_out_and_named(recipe_dir, songs):
    clipped = np.clip(20 * songs["am-0"][0], -1, 1)
    bad = {"ec-8k": (songs["ec-1"][0], 8000), "ec-silent": (np.zeros(RATE, np.float32), RATE), "ñu-clipped": (clipped, RATE)}
    data = write_data_dir(recipe_dir / "data/all", {**songs, **bad, "am-cut": songs["am-0"], "am-empty": songs["am-0"]})
    whole = (data / "wav/am-cut.wav").read_bytes()
    (data / "wav/am-cut.wav").write_bytes(whole[: len(whole) // 2])
    (data / "wav/am-empty.wav").write_bytes(b"")
    made = run_step(recipe_dir, "--nj", 2, "data/all")
    assert made.returncode == 0, made.stderr
    assert "f0 of 4 of 8 recordings found, 4 dropped: see data/all/f0_report" in made.stdout
    found, scp = f0_of(data), (data / "f0.scp").read_bytes()
    assert list(found) == ["am-0", "ec-1", "ñu-2", "ñu-clipped"]
    for name, (samples, rate) in songs.items():
        assert found[name].dtype == np.float32
        np.testing.assert_array_equal(found[name], make_f0(samples, rate, SalienceTracker()).values)
    report = dict(line.split(" ", 1) for line in (data / "f0_report").read_text().splitlines())
    assert list(report) == ["am-cut", "am-empty", "ec-8k", "ec-silent", "ñu-clipped"]
    assert report["am-cut"].startswith("dropped, unreadable: ") and "is cut off" in report["am-cut"]
    assert report["am-empty"].endswith("am-empty.wav: is an empty file")
    assert report["ec-8k"].startswith("dropped, narrow band: is sampled at 8000 Hz")
    assert report["ec-silent"].startswith("dropped, silent: ")
    assert report["ñu-clipped"].startswith("kept, clipped: ")
    assert "ec-silent: dropped, silent" in (data / "log/make_f0_all.2.log").read_text()

    tables = (data / "f0_report").read_bytes()
    assert run_step(recipe_dir, "--nj", 1, "data/all").returncode == 0
    assert (data / "f0_report").read_bytes() == tables and not list((data / "data").glob("*of2*"))
    assert [line.split()[0] for line in scp.decode().splitlines()] == list(f0_of(data))
    for name, f0 in f0_of(data).items():
        assert f0.tobytes() == found[name].tobytes()

    ark_file = data / "data/raw_f0_all.1of1.ark"
    before = ark_file.stat().st_mtime_ns
    again = run_step(recipe_dir, "--nj", 1, "data/all")
    assert again.returncode == 0 and "1 / 1 succeeded before" in again.stderr and ark_file.stat().st_mtime_ns == before


def test_wrong_calls_say_what_is_wrong(recipe_dir):
    data = write_data_dir(recipe_dir / "data/all", {"am-1": (np.zeros(RATE, np.float32), RATE)})
    (recipe_dir / "wrong.yaml").write_text("tracker:\n  class: cortado.pitch.SalienceTracker\n  min_f0: 30\n")
    for arguments, named in [
        (("--f0-config", "conf/none.yaml", "data/all"), "conf/none.yaml"),
        (("--nj", 2, "data/all"), "--nj"),
        (("--nj", 1, "--f0-config", "wrong.yaml", "data/all"), "min_f0 30"),
        (("--nj", 1, "data/all"), "all of the 1 recordings of data/all were dropped: see data/all/f0_report"),
    ]:
        refused = run_step(recipe_dir, *arguments)
        assert refused.returncode != 0 and named in refused.stderr, refused.stderr
    assert not (data / "f0.scp").exists()
