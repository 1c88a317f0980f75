"""utils/show_ark.py as users run it: from a recipe folder, into pipes, on good files and bad ones."""

import gzip
import shlex
import subprocess
import sys
from pathlib import Path

import kaldiio
import numpy as np
import pytest

from cortado import ark
from cortado.errors import CortadoError
from cortado.report.ark_plot import plot_array

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """x.ark and x.scp with a matrix that has a NaN, an int vector, a volume, a vector and a compressed matrix; ali.1.gz."""
    folder = tmp_path_factory.mktemp("show ark")
    rng = np.random.default_rng(0)
    matrix = rng.normal(size=(50, 8)).astype(np.float32)
    matrix[7, 3] = np.nan
    with ark.ArkWriter(folder / "x.ark", folder / "x.scp") as writer:
        writer.write("utt-ü", matrix)
        writer.write("ali", np.repeat([4, 9], 5).astype(np.int32))
        writer.write("lips", rng.integers(0, 256, (30, 8, 10)).astype(np.uint8))
        writer.write("xvector", matrix[0])
    kaldiio.save_ark(str(folder / "x.ark"), {"packed": matrix[:5]}, append=True, compression_method=2)
    (folder / "ali.1.gz").write_bytes(gzip.compress(b"utt-1 1 2 3 \nutt-2 4 5 \n"))
    return folder


def show(folder: Path, *args: str, status: int = 0) -> str:
    """Standard output of the command with these arguments, or its standard error where another status is expected."""
    run = subprocess.run([ROOT / "utils/show_ark.py", *args], cwd=folder, capture_output=True, text=True, encoding="utf-8")
    assert run.returncode == status, run.stderr
    assert bool(run.stderr) == bool(status) and "Traceback" not in run.stderr
    return run.stderr if status else run.stdout


def test_the_table_has_a_line_for_each_object_and_a_summary(folder):
    lines = show(folder, "x.ark").splitlines()
    assert lines[0].split() == ["key", "kind", "shape", "min", "mean", "max", "NaN", "inf"]
    assert lines[1].startswith("utt-ü    matrix") and lines[1].endswith("    1    0")
    assert lines[2].split() == ["ali", "int", "vector", "10", "4", "6.5", "9", "0", "0"]
    assert [line.split("  ")[0] for line in lines[1:6]] == ["utt-ü", "ali", "lips", "xvector", "packed"]
    assert len({len(line) for line in lines[:6]}) == 1
    assert lines[7].startswith("objects  5: ") and lines[9] == "values   NaN or inf in 1 of 5 objects: utt-ü (1 NaN, 0 inf)"


def test_num_limits_the_table_and_all_reads_the_rest(folder):
    few = show(folder, "x.scp", "--num", "0").splitlines()
    assert few[0].startswith("objects  4") and few[2] == "values   no NaN and no inf in the first 0 objects (--all reads every one)"
    assert show(folder, "x.scp", "--num", "1", "--all").splitlines()[-1].startswith("values   NaN or inf in 1 of 4 objects: utt-ü")


@pytest.mark.parametrize("name", ["ali.1.gz", "ark:ali.1.gz", "ark:gunzip -c ali.1.gz |"])
def test_gzipped_alignments_are_shown_from_file_and_pipe(folder, name):
    assert show(folder, name, "--text") == "utt-1 1 2 3 \nutt-2 4 5 \n"
    assert show(folder, name, "--key", "utt-2").splitlines()[-1].split() == ["0", "4", "5"]


def test_head_shows_the_first_rows_of_a_key_from_scp_and_ark(folder):
    expected = dict(ark.open_table(f"{folder}/x.ark"))["utt-ü"][:3]
    for name in ("x.scp", "x.ark"):
        rows = [line.split() for line in show(folder, name, "--key", "utt-ü", "--head", "3").splitlines()[3:]]
        assert [row[0] for row in rows] == ["0", "1", "2"]
        np.testing.assert_allclose(np.array([row[1:] for row in rows], dtype=np.float32), expected, rtol=1e-3)


def test_text_goes_back_through_kaldiio_bit_for_bit(folder, tmp_path):
    (tmp_path / "x.txt").write_text(
        show(folder, "x.ark", "--key", "xvector", "--text") + show(folder, "x.ark", "--key", "packed", "--text")
    )
    table = dict(kaldiio.load_ark(str(tmp_path / "x.txt")))
    for key, array in kaldiio.load_ark(str(folder / "x.ark")):
        if key in ("xvector", "packed"):
            np.testing.assert_array_equal(table.pop(key), array)
    assert not table


def test_plot_writes_an_image(folder, tmp_path):
    show(folder, "x.ark", "--key", "utt-ü", "--plot", f"{tmp_path}/x.png")
    assert (tmp_path / "x.png").read_bytes().startswith(b"\x89PNG\r\n\x1a\n")


def pixels(path: Path) -> np.ndarray:
    """(height, width, 3) uint8 of an image, its top row first."""
    from matplotlib.image import imread

    return (imread(path)[..., :3] * 255).round().astype(np.uint8)


def test_a_heat_map_has_time_from_left_to_right_dimensions_upwards_and_nan_in_red(tmp_path):
    matrix = np.zeros((200, 40), np.float32)
    matrix[150:170, 30:36] = np.nan
    plot_array(matrix, "late and high", tmp_path / "x.png")
    image = pixels(tmp_path / "x.png")
    rows, columns = np.nonzero((image == (255, 0, 0)).all(axis=2))
    blob = rows > 60  # below the warning over the map, which is red as well
    assert blob.sum() > 1000
    assert 0.65 < columns[blob].mean() / image.shape[1] < 0.85 and rows[blob].mean() / image.shape[0] < 0.4


def test_a_film_strip_shows_twelve_frames_from_the_first_to_the_last(tmp_path):
    volume = np.repeat(np.arange(45, dtype=np.uint8), 100).reshape(45, 10, 10)
    plot_array(volume, "brighter and brighter", tmp_path / "x.png")
    levels, counts = np.unique(pixels(tmp_path / "x.png").min(axis=2), return_counts=True)
    np.testing.assert_allclose(levels[counts > 5000], [number * 255 / 44 for number in range(0, 45, 4)], atol=1)


def test_a_curve_of_integers_is_drawn_in_steps(tmp_path):
    plot_array(np.array([0, 9, 0, 9], np.int32), "steps", tmp_path / "x.png")
    image = pixels(tmp_path / "x.png").astype(int)
    blue = image[..., 2] - image[..., 0] > 50
    assert (blue.sum(axis=0) > 200).sum() < 12  # upright lines are as narrow as the pen; slopes would be wide
    assert (blue.sum(axis=1) > 200).sum() >= 2  # and there are level ones


@pytest.mark.parametrize(("array", "reason"), [(np.zeros((0, 0)), "empty"), (np.zeros((2, 2, 2, 2)), "4 dimensions")])
def test_what_cannot_be_drawn_is_an_error(tmp_path, array, reason):
    with pytest.raises(CortadoError, match=reason):
        plot_array(array, "k", tmp_path / "x.png")


def test_a_reader_that_closes_the_pipe_is_no_error(folder, tmp_path):
    with ark.ArkWriter(tmp_path / "long.ark") as writer:
        writer.write("a", np.zeros((50000, 4), np.float32))
    command = f"set -o pipefail; {shlex.quote(str(ROOT / 'utils/show_ark.py'))} {tmp_path}/long.ark --text | head -n 2"
    run = subprocess.run(["bash", "-c", command], capture_output=True, text=True)
    assert (run.returncode, run.stdout, run.stderr) == (0, "a  [\n  0.0 0.0 0.0 0.0 \n", "")


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["nowhere.scp"], "nowhere.scp: no such file (looked for from "),
        (["x.ark", "--key", "utt-u"], "did you mean utt-ü?"),
        (["x.ark", "--text", "--key", "lips"], "lips: Kaldi has no text form for uint8 of 3 dimensions"),
        (["x.ark", "--plot", "x.jpeg"], "x.jpeg: a plot is written as .png, .pdf, .svg"),
        (["ark:exit 3 |"], "the command failed with status 3"),
        (["feats"], "write ark:feats or scp:feats"),
    ],
)
def test_mistakes_end_with_one_line_that_says_what_to_do(folder, args, message):
    error = show(folder, *args, status=1)
    assert error.startswith("show_ark.py: ") and message in error and error.count("\n") == 1


@pytest.mark.parametrize("args", [["x.ark", "--head", "0"], ["x.ark", "--num", "-1"], ["x.ark", "--plot", "x.png", "--text"], []])
def test_impossible_options_are_usage_errors(folder, args):
    assert "(see show_ark.py --help)" in show(folder, *args, status=1)


def test_a_truncated_ark_shows_what_is_whole_then_the_byte_and_key_of_the_damage(folder, tmp_path):
    (tmp_path / "cut.ark").write_bytes((folder / "x.ark").read_bytes()[:1700])
    run = subprocess.run([ROOT / "utils/show_ark.py", "cut.ark"], cwd=tmp_path, capture_output=True, text=True)
    assert run.returncode == 1
    assert [line.split()[0] for line in run.stdout.splitlines() if line] == ["key", "utt-ü", "ali"]
    assert run.stderr == "show_ark.py: cut.ark: byte 1688 (lips): the file ends within the header of this object\n"


def test_it_loads_neither_torch_nor_scipy_and_matplotlib_only_to_plot(folder):
    """What is loaded decides how fast it starts; a clock would measure the machine."""
    run = subprocess.run(
        [sys.executable, "-X", "importtime", ROOT / "pyscripts/bin/show_ark.py", "x.scp"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=True,
    )
    loaded = {line.rpartition("|")[2].strip().partition(".")[0] for line in run.stderr.splitlines()}
    assert "numpy" in loaded and not loaded & {"torch", "scipy", "matplotlib", "yaml", "soundfile", "tqdm"}


def test_help_has_an_example(folder):
    assert "utils/show_ark.py data/train/feats.scp" in show(folder, "--help")
