"""steps/make_clips.sh: data directories of motifs, segments and random clips, valid and the same each time."""

import subprocess
import sys
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).resolve().parents[1] / "motifs"))
sys.path.append(str(Path(__file__).resolve().parents[1] / "ground"))
from in_process import run_in_process
from toy_contours import write_data_dir

from cortado.datadir import DataDir
from cortado.motifs.dictionary_files import read_occurrences

ROOT = Path(__file__).resolve().parents[2]
MOTIF, OTHER = [1, 2, 1, 2, 3], [-1, -1, -2, -1, -2]
TRAIN = {
    "a-1": [[9, *MOTIF, 8], [*MOTIF, 7], [6, *MOTIF], [4] * 9],
    "b-1": [[*OTHER, 8], [3, *OTHER], [*OTHER, 7], [5] * 7],
    "c-1": [[1, 2]],
}


@pytest.fixture
def recipe(recipe_dir) -> Path:
    write_data_dir(recipe_dir / "data/train", TRAIN)
    found = run_in_process(ROOT / "pyscripts/bin/find_motifs.py", ROOT / "conf/motifs.yaml", "data/train", "exp/motifs", cwd=recipe_dir)
    assert found.returncode == 0, found.stderr
    return recipe_dir


def make(recipe: Path, kind: str, *options: object) -> subprocess.CompletedProcess:
    words = ["--kind", kind, *options, "data/train", "exp/motifs", f"data/{kind}"]
    return run_in_process(ROOT / "pyscripts/bin/make_clips.py", *words, cwd=recipe)


def durations(data_dir: DataDir) -> list[float]:
    return [round(segment.end - segment.start, 3) for segment in data_dir.segments.values()]


def test_the_step_makes_a_valid_data_directory_of_the_motifs(recipe):
    call = ["steps/make_clips.sh", "--kind", "motifs", "data/train", "exp/motifs", "data/motifs"]
    done = subprocess.run(call, cwd=recipe, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.endswith("make_clips.sh: 6 clips: a 3, b 3, c 0\n")
    check = ["utils/validate_data_dir.sh", "--no-feats", "--no-text", "data/motifs"]
    assert subprocess.run(check, cwd=recipe, check=False).returncode == 0
    made = DataDir(recipe / "data/motifs")
    occurrences = read_occurrences(recipe / "exp/motifs/occurrences")
    assert [tuple(segment) for segment in made.segments.values()] == [occurrence[1:] for occurrence in occurrences]
    first = occurrences[0]
    assert made.utterances[0] == f"a-a-1-motifs-{first.start * 1000:08.0f}-{first.end * 1000:08.0f}"
    assert set(made.wav_scp) == {"a-1", "b-1"} and set(made.table("utt2rec").items()) == {
        (u, s.recording) for u, s in made.segments.items()
    }


def test_segments_last_as_long_as_they_are_asked_to(recipe):
    assert make(recipe, "segments", "--seconds", 2).returncode == 0
    assert set(durations(DataDir(recipe / "data/segments"))) == {2.0}
    longer = make(recipe, "segments", "--seconds", 60)
    assert "2 clips are shorter than 60 s, as are their recordings: a-1, b-1" in longer.stdout


def test_random_clips_are_as_long_as_motifs_and_follow_from_the_seed(recipe):
    tables = []
    for options in (("--seed", 1), ("--seed", 1), ("--seed", 2), ("--seed", 1, "--within", "recording")):
        done = make(recipe, "random", *options)
        assert done.returncode == 0 and done.stdout == "6 clips: a 3, b 3, c 0\n"
        tables.append((recipe / "data/random/segments").read_text())
    assert tables[0] == tables[1] and len(set(tables)) == 3
    assert make(recipe, "motifs").returncode == 0
    assert sorted(durations(DataDir(recipe / "data/random"))) == sorted(durations(DataDir(recipe / "data/motifs")))


def test_random_clips_that_have_no_room_are_counted(recipe):
    occurrences = recipe / "exp/motifs/occurrences"
    end_of = {"a-1": 5.9, "b-1": 5.2}  # of seconds that motifs leave free are too few for as many others
    lines = [f"1,2,3 {name} {start / 1000:.4f} {end_of[name]:.4f}\n" for name in end_of for start in range(400, 2000, 400)]
    occurrences.write_text("".join(["# motif recording start end\n", *lines]))
    refused = make(recipe, "random")
    assert refused.returncode == 1 and "no room beside the motifs for 8 of 8 random clips: a-1 (4), b-1 (4)" in refused.stdout
    assert "try --within recording" in refused.stderr and not (recipe / "data/random").exists()


def test_clips_never_replace_the_recordings(recipe):
    program = ROOT / "pyscripts/bin/make_clips.py"
    refused = run_in_process(program, "data/train", "exp/motifs", "data/../data/train", cwd=recipe)
    assert refused.returncode == 1 and "clips need a folder of their own" in refused.stderr
    assert (recipe / "data/train/contour.scp").exists() and not (recipe / "data/train/segments").exists()


def test_recordings_in_segments_are_refused(recipe):
    (recipe / "data/train/segments").write_text("a-1 r 0 1\n")
    refused = make(recipe, "motifs")
    assert refused.returncode == 1 and "the utterances must be whole recordings" in refused.stderr


def test_occurrences_without_one_are_no_empty_directory(recipe):
    (recipe / "exp/motifs/occurrences").write_text("# motif recording start end\n")
    refused = make(recipe, "motifs")
    assert refused.returncode == 1 and "exp/motifs/occurrences: has no occurrence to cut out" in refused.stderr
    assert not (recipe / "data/motifs").exists()
