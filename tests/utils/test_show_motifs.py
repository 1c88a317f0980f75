"""utils/show_motifs.py: a stretch and a dictionary are drawn from what the tables say, and what is missing is named."""

import subprocess
import sys
from pathlib import Path

import matplotlib.image
import numpy as np
import pytest
import soundfile

sys.path.append(str(Path(__file__).parents[1] / "ground"))
from in_process import run_in_process

from cortado.ark import ArkWriter
from cortado.motifs.contour import FRAME_SHIFT, make_contour, segment_times
from cortado.motifs.dictionary import Motif
from cortado.motifs.dictionary_files import write_motifs, write_occurrences
from cortado.motifs.levels import Levels
from cortado.motifs.occurrences import Occurrence

ROOT = Path(__file__).resolve().parents[2]
LEVELS = Levels((2400.0, 2500.0, 2700.0), (70.0, 112.0))
MOTIF = (3, -3)


@pytest.fixture
def top(tmp_path) -> Path:
    """A recording of four notes; its first and second steps, of notes until 1.16 s, are a motif."""
    f0 = np.repeat([0, 220, 262, 220, 262, 0], 50).astype(np.float32)
    contour = make_contour(f0, LEVELS)
    for table, array in (("f0", f0), ("contour", contour)):
        with ArkWriter(tmp_path / f"data/{table}.ark", tmp_path / f"data/{table}.scp") as writer:
            writer.write("am-1", array)
    soundfile.write(tmp_path / "am-1.wav", 0.1 * np.sin(np.arange(round(len(f0) * FRAME_SHIFT * 16000)) * 0.1), 16000)
    (tmp_path / "data/wav.scp").write_text(f"am-1 {tmp_path / 'am-1.wav'}\n")
    (tmp_path / "data/utt2spk").write_text("am-1 am\n")
    write_motifs(tmp_path / "motifs/motifs", [Motif("am", MOTIF, 1, 1), Motif("ec", MOTIF, 1, 1)])
    times = segment_times(contour)
    write_occurrences(tmp_path / "motifs/occurrences", [Occurrence(MOTIF, "am-1", times[0, 0], times[2, 1])])
    return tmp_path


def show(top: Path, *arguments) -> subprocess.CompletedProcess:
    return run_in_process(ROOT / "pyscripts/bin/show_motifs.py", *arguments, cwd=top)


def test_a_stretch_is_drawn_with_those_motifs_that_lie_in_it(top):
    command = [sys.executable, ROOT / "utils/show_motifs.py", "--recording", "am-1", "--motifs", "motifs", "data", "whole.png"]
    started = subprocess.run(command, cwd=top, capture_output=True, text=True, check=False)
    assert started.returncode == 0, started.stderr
    assert show(top, "--recording", "am-1", "--start", "1.2", "--end", "1.4", "--motifs", "motifs", "data", "later.png").returncode == 0
    assert show(top, "--recording", "am-1", "data", "plain.png").returncode == 0
    whole, later, plain = (matplotlib.image.imread(top / f"{name}.png") for name in ("whole", "later", "plain"))
    assert whole.shape[0] > plain.shape[0] and later.shape == plain.shape, "a lane of motifs where there are some"


def test_a_dictionary_is_drawn(top):
    drawn = show(top, "--singer", "am", "--motifs", "motifs", "data", "am.png")
    assert drawn.returncode == 0, drawn.stderr
    assert matplotlib.image.imread(top / "am.png").size


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (("--recording", "am-2", "data", "x.png"), "data/f0.scp: has no recording am-2"),
        (("--recording", "am-1", "--start", "0", "--end", "0.2", "data", "x.png"), "am-1: from 0 to 0.2 s nothing is voiced"),
        (("--recording", "am-1", "--end", "9", "data", "x.png"), "shorter than the end 9"),
        (("--recording", "am-1", "--start", "2", "--end", "1", "data", "x.png"), "--start 2 is before 0 or not before --end 1"),
        (("--recording", "am-1", "--start", "100", "data", "x.png"), "am-1.wav: recording am-1 lasts 1.742 s, --start is 100"),
        (("--recording", "am-1", "--end", "nan", "data", "x.png"), "not before --end nan"),
        (("--recording", "am-1", "--motifs", "none", "data", "x.png"), "none/occurrences"),
        (("--singer", "ñ", "--motifs", "motifs", "data", "x.png"), "motifs/motifs: has no motif of singer ñ"),
        (("--singer", "ec", "--motifs", "motifs", "data", "x.png"), "has no occurrence in the recordings of ec in data"),
        (("--singer", "am", "data", "x.png"), "--singer needs --motifs"),
        (("--recording", "am-1", "data", "x.pdf"), "x.pdf: motifs are drawn as .png"),
        (("data", "x.png"), "--recording --singer"),
    ],
)
def test_what_cannot_be_shown_is_named(top, arguments, named):
    refused = show(top, *arguments)
    assert refused.returncode == 1 and named in refused.stderr
    assert not list(top.glob("x.*"))
