"""The audit of clips: why each is dropped, what is left, which recordings are one, and the command that writes it."""

import json
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

from cortado.datadir import DataDir, read_table
from cortado.datadir.clip_audit import ClipAudit
from cortado.datadir.validate import problems
from cortado.errors import DataError

sys.path.append(str(Path(__file__).parents[1] / "ground"))
from in_process import run_in_process

ROOT = Path(__file__).resolve().parents[2]
RATE = 8000


def write_clips(folder: Path, clips: dict[str, np.ndarray], recordings: dict[str, str]) -> DataDir:
    """A data directory of clips named <speaker>-<anything>, each a file of its own."""
    folder.mkdir(parents=True)
    for name, samples in clips.items():
        soundfile.write(folder / f"{name}.wav", samples, RATE, subtype="FLOAT")
    for table, value in (
        ("wav.scp", lambda clip: folder / f"{clip}.wav"),
        ("utt2spk", lambda clip: clip.split("-")[0]),
        ("utt2rec", lambda clip: recordings[clip]),
    ):
        (folder / table).write_text("".join(f"{clip} {value(clip)}\n" for clip in sorted(clips)))
    return DataDir(folder)


@pytest.fixture
def data(tmp_path) -> DataDir:
    rng = np.random.default_rng(0)

    def take() -> np.ndarray:
        return rng.uniform(-0.5, 0.5, 6000).astype(np.float32)

    one, two, both, mixed = take(), take(), take(), take()
    clips = {
        "a-1": one[:2000], "a-2": one[:2000], "a-3": one[1900:4000], "a-4": take()[:2000], "a-5": both[:1500], "a-6": mixed[:1500],
        "a-7": np.zeros(2000), "a-8": np.full(2000, np.nan), "b-1": two[:1300], "b-2": two[:1000], "b-5": both[:1500], "b-6": mixed[1400:],
        "b-7": take()[:2000],
    }  # fmt: skip
    recordings = {clip: f"{clip[0]}-rec{number}" for number, clip in enumerate(clips)}
    (data := write_clips(tmp_path / "clips", clips, recordings)).path.joinpath("b-7.wav").write_bytes(b"no sound file")
    return data


def test_each_clip_is_dropped_for_the_first_reason_that_holds(data):
    audit = ClipAudit(data, min_duration=0.15, min_run=24)
    assert {clip: str(fate) for clip, fate in audit.dropped.items() if clip != "b-7"} == {
        "a-2": "copy: the samples of a-1",
        "a-5": "content under two speakers: the samples of b-5, of b",
        "b-5": "content under two speakers: the samples of a-5, of a",
        "a-6": "overlaps with another speaker: its overlap group has 2 clips of a, b",
        "b-6": "overlaps with another speaker: its overlap group has 2 clips of a, b",
        "a-7": "unusable: holds no sound",
        "a-8": "unusable: 2000 of 2000 samples are NaN or infinite",
        "b-2": "too short: lasts 0.125 s, less than 0.15 s",
    }
    assert audit.dropped["b-7"].kind == "unusable" and "b-7.wav: cannot be decoded" in audit.dropped["b-7"].reason
    assert audit.groups == {"a-1": "a-1", "a-3": "a-1", "a-4": "a-4", "b-1": "b-1"}


def test_recordings_that_share_audio_are_one_even_where_the_copies_are_dropped(data):
    groups = ClipAudit(data, min_duration=0, min_run=24).recording_groups
    assert groups["a-rec0"] == groups["a-rec1"] == groups["a-rec2"] == "a-rec0"  # a copy, and an overlap
    assert groups["b-rec8"] == groups["b-rec9"] == "b-rec8"
    assert groups["a-rec3"] == "a-rec3"
    assert groups["a-rec4"] != groups["b-rec10"]  # of one content, but of two speakers


def test_no_clip_left_is_an_error_with_the_numbers(data):
    with pytest.raises(DataError, match=r"13 clips and none is left, --min-duration being 9: .*7 too short \(a-1: lasts 0.250 s"):
        ClipAudit(data, min_duration=9, min_run=24)


def test_the_command_writes_a_clean_directory_and_its_counts(data, tmp_path):
    program = ROOT / "pyscripts/bin/find_shared_audio.py"
    done = run_in_process(program, data.path, tmp_path / "clean")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(
        "find_shared_audio.sh: 4 of 13 clips are left, in 3 overlap groups, 2 content under two speakers, 1 copy,"
    )
    clean = DataDir(tmp_path / "clean")
    assert problems(clean.path, need_wav=True) == []
    assert clean.utterances == ["a-1", "a-3", "a-4", "b-1"]
    assert read_table(clean.path / "utt2group") == {"a-1": "a-1", "a-3": "a-1", "a-4": "a-4", "b-1": "b-1"}
    assert set(read_table(clean.path / "reco2group").values()) == {"a-rec0", "a-rec3", "b-rec8"}
    assert read_table(clean.path / "shared_audio_report")["a-2"] == "copy: the samples of a-1"
    counts = json.loads((clean.path / "shared_audio.json").read_text())
    assert counts["all"]["distinct_clips"] == 8 and counts["all"]["clips_with_a_copy"] == 4
    assert counts["all"]["contents_under_two_speakers"] == 1 and sum(counts["all"]["dropped"].values()) == 9
    assert counts["by_speaker"]["b"]["shortest_seconds"] == 0.125 and counts["by_speaker"]["a"]["recording_groups"] == 6


def test_clips_are_not_replaced_by_those_that_are_left(data):
    before = (data.path / "utt2spk").read_bytes()
    refused = run_in_process(ROOT / "pyscripts/bin/find_shared_audio.py", data.path, data.path)
    assert refused.returncode == 1 and "<clean-data-dir> is a folder of its own" in refused.stderr
    assert (data.path / "utt2spk").read_bytes() == before
