"""utils/show_lips.py: a strip and a film are written from what the tables say, and what is missing is named."""

import runpy
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from cortado.ark import ArkWriter

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def show(top, monkeypatch):
    """Call the command in this process, in `top`; the exit status or message."""
    monkeypatch.chdir(top)

    def call(*arguments):
        monkeypatch.setattr(sys, "argv", ["show_lips.py", *arguments])
        with pytest.raises(SystemExit) as ended:
            runpy.run_path(str(ROOT / "pyscripts/bin/show_lips.py"), run_name="__main__")
        return ended.value.code

    return call


@pytest.fixture
def top(tmp_path) -> Path:
    (tmp_path / "data").mkdir()
    rng = np.random.default_rng(0)
    with ArkWriter(tmp_path / "data/lips.ark", tmp_path / "data/lips.scp") as writer:
        writer.write("utt1", rng.integers(0, 256, (10, 24, 24), dtype=np.uint8))
    with ArkWriter(tmp_path / "post.ark", tmp_path / "post.scp") as writer:
        writer.write("utt1", np.log(rng.dirichlet(np.ones(6), 40)).astype(np.float32))
    (tmp_path / "data/text").write_text("utt1 to go\n")
    (tmp_path / "data/ctm").write_text("utt1 1 0.000 0.200 to\nutt1 1 0.200 0.200 go\n")
    (tmp_path / "hyp").write_text("utt1 1 0.000 0.400 two\n")
    return tmp_path


def test_a_strip_with_reference_hypothesis_and_posteriors_is_higher_than_one_with_the_reference_alone(top, show):
    started = subprocess.run(
        [sys.executable, ROOT / "utils/show_lips.py", "data", "utt1", "plain.png"], cwd=top, capture_output=True, text=True
    )
    assert started.returncode == 0, started.stderr
    rows = ("--ctm", "reference=data/ctm", "--ctm", "hypothesis=hyp")
    assert show(*rows, "--posteriors", "post.scp", "data", "utt1", "full.png") is None
    with Image.open(top / "plain.png") as plain, Image.open(top / "full.png") as full:
        assert full.height > plain.height + 250


def test_a_film_is_written_for_gif_with_the_posteriors_where_they_are_given(top, show):
    assert show("data", "utt1", "plain.gif") is None
    assert show("--posteriors", "post.scp", "data", "utt1", "full.gif") is None
    with Image.open(top / "plain.gif") as plain, Image.open(top / "full.gif") as full:
        assert plain.n_frames == full.n_frames == 10
        assert full.height > plain.height + 200


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (("data", "utt2", "x.png"), "data/lips.scp: has no utterance utt2"),
        (("--ctm", "reference=none", "data", "utt1", "x.png"), "none"),
        (("--ctm", "hyp", "data", "utt1", "x.png"), "--ctm is NAME=FILE"),
        (("data", "utt1", "x.mp4"), "x.mp4: lips are written as .png or .gif"),
    ],
)
def test_what_cannot_be_shown_is_named(top, show, arguments, named, capsys):
    code = show(*arguments)
    assert code and named in f"{code}{capsys.readouterr().err}"
    assert not list(top.glob("x.*"))
