"""steps/make_contours.sh: levels once and for all recordings, contours that are the library's, what is dropped and what is refused."""

import subprocess
from pathlib import Path

import numpy as np
import pytest

from cortado import ark
from cortado.config import load_config
from cortado.motifs.contour import make_contour
from cortado.motifs.contour_config import ContourConfig
from cortado.motifs.estimate_levels import estimate_levels
from cortado.motifs.levels import Levels

ROOT = Path(__file__).resolve().parents[2]
CONFIG = load_config(ContourConfig, ROOT / "conf/contour.yaml")


def sung(seed: int, num_frames: int = 2000) -> np.ndarray:
    """A random walk about 220 Hz with breaths."""
    rng = np.random.default_rng(seed)
    f0 = 220 * 2 ** (np.cumsum(rng.normal(0, 20, num_frames)) / 1200)
    f0[np.arange(num_frames) % 300 > 260] = 0
    return f0.astype(np.float32)


def write_data_dir(folder: Path, f0s: dict[str, np.ndarray]) -> Path:
    with ark.ArkWriter(folder / "data/f0.ark", folder / "f0.scp") as writer:
        for recording, f0 in f0s.items():
            writer.write(recording, f0)
    (folder / "utt2spk").write_text("".join(f"{recording} {recording.split('-')[0]}\n" for recording in f0s))
    return folder


def run_step(data: Path, *options) -> subprocess.CompletedProcess:
    command = ["steps/make_contours.sh", "--contour-config", ROOT / "conf/contour.yaml", *options, f"data/{data.name}", "exp/contour"]
    return subprocess.run(list(map(str, command)), cwd=data.parents[1], capture_output=True, text=True, check=False)


def contours_of(data: Path) -> dict[str, np.ndarray]:
    return {recording: ark.read(rxfile) for recording, rxfile in ark.read_scp(data / "contour.scp").items()}


@pytest.fixture
def train(recipe_dir) -> Path:
    return write_data_dir(recipe_dir / "data/train", {"am-1": sung(1), "am-2": np.zeros(100, np.float32), "ec-ñ": sung(2)})


def test_contours_are_the_librarys_with_the_levels_of_train_and_a_recording_without_voice_is_dropped_by_name(train, recipe_dir):
    made = run_step(train)
    assert made.returncode == 0, made.stderr
    assert "contours of 2 of 3 recordings, 1 dropped, with exp/contour/levels" in made.stdout
    levels = Levels.read(recipe_dir / "exp/contour/levels")
    assert levels == estimate_levels(lambda: [sung(1), sung(2)], CONFIG)
    found = contours_of(train)
    assert list(found) == ["am-1", "ec-ñ"]
    for recording, f0 in (("am-1", sung(1)), ("ec-ñ", sung(2))):
        assert found[recording].dtype == np.float32
        np.testing.assert_array_equal(found[recording], make_contour(f0, levels, CONFIG.min_run, CONFIG.min_gap))
    assert (train / "contour_report").read_text().startswith("am-2 dropped, 0 of 100 frames are voiced")
    log = (recipe_dir / "exp/contour/log/make_contours_train.log").read_text()
    assert f"{sum(map(len, found.values())):,} segments" in log

    test = write_data_dir(recipe_dir / "data/test", {"am-3": sung(3)})
    before = (recipe_dir / "exp/contour/levels").stat()
    forgotten = run_step(test)
    assert forgotten.returncode != 0
    assert "exp/contour/levels was estimated on data/train: give --levels exp/contour/levels" in forgotten.stderr
    assert run_step(test, "--levels", "exp/contour/levels").returncode == 0
    assert (recipe_dir / "exp/contour/levels").stat() == before
    np.testing.assert_array_equal(contours_of(test)["am-3"], make_contour(sung(3), levels, CONFIG.min_run, CONFIG.min_gap))


def test_recordings_of_which_none_is_voiced_are_refused(recipe_dir):
    made = run_step(write_data_dir(recipe_dir / "data/train", {"am-1": np.zeros(50, np.float32)}))
    assert made.returncode != 0 and "no frame of f0 is voiced" in made.stderr
    assert not (recipe_dir / "exp/contour/levels").exists()


def test_levels_that_are_not_there_are_refused_before_a_contour_is_touched(train):
    (train / "contour.scp").write_text("am-1 old.ark:5\n")
    refused = run_step(train, "--levels", "exp/none")
    assert refused.returncode == 1 and "make_contours.sh: cannot read exp/none" in refused.stderr
    assert (train / "contour.scp").exists()
