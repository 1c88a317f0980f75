"""Splits by recording, by overlap and at random: what is never divided, who is in which part, and what a split says of its leak."""

import sys
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
import soundfile

from cortado.datadir import DataDir
from cortado.datadir.recording_split import split_recordings
from cortado.datadir.recordings import recordings_of
from cortado.datadir.split_record import PartSize, read_split_record
from cortado.errors import ConfigError, CortadoError, DataError

sys.path.append(str(Path(__file__).parents[1] / "ground"))
from in_process import run_in_process

PROGRAM = Path(__file__).resolve().parents[2] / "pyscripts/bin/split_recordings.py"
SIZES = {"ana": [3, 9, 4, 4, 5, 2, 3], "bea": [6, 6], "eva": [1, 1, 1, 30, 2, 7, 4, 5, 5, 2]}  # clips of each recording of each singer


def write(path: Path, rows: dict) -> None:
    path.write_text("".join(f"{key} {value}\n" for key, value in sorted(rows.items())))


def make_data(folder: Path, sizes: dict[str, list[int]] = SIZES) -> DataDir:
    """Clips as segments of half a second, one after the other, of recordings named <singer>-<number>."""
    folder.mkdir(parents=True)
    segments = {
        f"{singer}-{recording}-{clip:02}": f"{singer}-{recording} {clip / 2} {clip / 2 + 0.5}"
        for singer, counts in sizes.items()
        for recording, count in enumerate(counts)
        for clip in range(count)
    }
    write(folder / "segments", segments)
    write(folder / "utt2spk", {clip: clip.split("-")[0] for clip in segments})
    write(folder / "wav.scp", {value.split()[0]: folder / f"{value.split()[0]}.wav" for value in segments.values()})
    return DataDir(folder)


def add_sound(data: DataDir) -> None:
    """Noise, 20 s of it at 1 kHz, for each recording."""
    rng = np.random.default_rng(0)
    for path in data.wav_scp.values():
        samples = rng.uniform(-0.5, 0.5, 20_000)
        soundfile.write(path, samples, 1000, subtype="PCM_16")


@pytest.fixture
def data(tmp_path) -> DataDir:
    return make_data(tmp_path / "clips")


@pytest.mark.parametrize("seed", range(10))
def test_no_recording_is_divided_and_every_singer_is_trained_on_and_tested(data, seed):
    parts, recordings = split_recordings(data, "recording", 0.2, 0.1, seed), recordings_of(data)
    assert sorted([*parts.train, *parts.valid, *parts.test]) == data.utterances
    of_part = [{recordings[clip] for clip in part} for part in parts]
    assert sum(map(len, of_part)) == 19 == len(set().union(*of_part))
    for part in (parts.train, parts.test):
        assert {clip.split("-")[0] for clip in part} == {"ana", "bea", "eva"}
    assert parts.valid and "bea" not in {clip.split("-")[0] for clip in parts.valid}  # both her recordings are in use


def test_parts_have_about_their_fractions_of_the_clips(tmp_path):
    data, shares = make_data(tmp_path / "many", {"ana": [4] * 50, "eva": [1, 2, 3, 4, 5] * 20}), []
    for seed in range(5):
        parts = split_recordings(data, "recording", 0.2, 0.1, seed)
        tested = Counter(clip.split("-")[0] for clip in parts.test)
        assert abs(tested["ana"] - 40) <= 4 and abs(tested["eva"] - 60) <= 5
        shares.append(len(parts.valid) / (500 - len(parts.test)))
    assert np.mean(shares) == pytest.approx(0.1, abs=0.02)


def test_the_seed_decides_and_nothing_else(data):
    draws = [split_recordings(data, "recording", 0.3, 0.2, seed) for seed in (1, 1, 2)]
    assert draws[0] == draws[1] != draws[2]


def test_recordings_that_share_audio_count_as_one(data):
    write(data.path / "reco2group", {recording: "ana-0" if recording < "ana-5" else recording for recording in data.wav_scp})
    for seed in range(5):
        parts, recordings = split_recordings(data, "recording", 0.2, 0.1, seed), recordings_of(data)
        joined = [part for part in parts if {recordings[clip] for clip in part} & {f"ana-{number}" for number in range(5)}]
        assert len(joined) == 1
    write(data.path / "reco2group", {recording: recording[:3] if recording[:3] == "bea" else recording for recording in data.wav_scp})
    with pytest.raises(DataError, match=r"1 of 3 speakers have a single recording, those that share audio being one .*: bea; .*--split"):
        split_recordings(DataDir(data.path), "recording", 0.2, 0.1, 0)


def test_a_split_by_overlap_keeps_its_groups_whole(data):
    with pytest.raises(DataError, match=r"has no utt2group.*find_shared_audio\.sh"):
        split_recordings(data, "overlap", 0.2, 0.1, 0)
    write(data.path / "utt2group", {clip: clip for clip in data.utterances[1:]})
    with pytest.raises(DataError, match="utt2group: has no line for ana-0-00;"):
        split_recordings(DataDir(data.path), "overlap", 0.2, 0.1, 0)
    groups = {clip: f"{clip[:3]}-group{number % 11}" for number, clip in enumerate(data.utterances)}
    write(data.path / "utt2group", groups)
    parts = split_recordings(DataDir(data.path), "overlap", 0.2, 0.1, 0)
    assert sum(len({groups[clip] for clip in part}) for part in parts) == len(set(groups.values()))
    assert {recordings_of(data)[clip] for clip in parts.train} & {recordings_of(data)[clip] for clip in parts.test}


def test_too_few_recordings_speakers_or_third_ones_are_named_with_the_option(tmp_path):
    few = make_data(tmp_path / "few", {"ana": [3, 3], "bea": [5], "eva": [4]})
    with pytest.raises(DataError, match="2 of 3 speakers have a single recording, and two are needed to train on and test: bea, eva"):
        split_recordings(few, "recording", 0.2, 0.1, 0)
    with pytest.raises(DataError, match="no speaker has a third recording to hold out for validation; --valid-fraction 0"):
        split_recordings(make_data(tmp_path / "two", {"ana": [3, 3], "bea": [5, 5]}), "recording", 0.2, 0.1, 0)
    with pytest.raises(DataError, match="has 1 speaker"):
        split_recordings(make_data(tmp_path / "one", {"ana": [3, 3]}), "recording", 0.2, 0.1, 0)
    with pytest.raises(ConfigError, match="--test-fraction is 1, but"):
        split_recordings(few, "recording", 1.0, 0.1, 0)
    with pytest.raises(ConfigError, match="--seed -1"):
        split_recordings(few, "random", 0.2, 0.1, -1)


def test_a_recording_of_two_singers_is_refused(data):
    write(data.path / "utt2rec", {clip: "fiesta" if clip.endswith("00") else clip for clip in data.utterances})
    with pytest.raises(DataError, match="the recording fiesta has utterances of ana and of bea"):
        split_recordings(data, "recording", 0.2, 0.1, 0)


def test_the_command_writes_the_parts_and_what_they_have_in_common(data, tmp_path):
    add_sound(data)
    out = tmp_path / "split"
    done = run_in_process(PROGRAM, data.path, out)
    assert done.returncode == 0, done.stderr
    record = read_split_record(out / "split.json")
    parts = [DataDir(out / part) for part in ("train", "valid", "test")]
    assert [PartSize(len(part.utterances), len(part.wav_scp)) for part in parts] == [record.train, record.valid, record.test]
    assert (record.kind, record.num_copies, record.num_overlapping) == ("recording", 0, 0)
    assert "of the 0" not in done.stdout and "0.0 % have a copy in training and 0.0 % share samples with it" in done.stdout


def test_a_random_split_runs_and_says_by_how_much_it_leaks_and_one_by_recording_is_refused(data, tmp_path):
    add_sound(data)
    same = soundfile.read(data.wav_scp["bea-0"])[0]
    soundfile.write(data.wav_scp["bea-1"], same, 1000, subtype="PCM_16")  # the same take under two names
    refused = run_in_process(PROGRAM, "--valid-fraction", 0.1, data.path, tmp_path / "by_recording")
    assert refused.returncode == 1 and not (tmp_path / "by_recording").exists()
    assert "with --split recording, of " in refused.stderr and "find_shared_audio.sh" in refused.stderr
    done = run_in_process(PROGRAM, "--split", "random", "--valid-fraction", 0, data.path, tmp_path / "random")
    record = read_split_record(tmp_path / "random/split.json")
    test = DataDir(tmp_path / "random/test").utterances
    twins = [clip for clip in test if clip.startswith("bea") and f"bea-{1 - int(clip[4])}{clip[5:]}" not in test]
    assert done.returncode == 0 and record.num_copies == record.num_overlapping == len(twins) > 0
    assert "random split of clips, a reproduction: of " in done.stdout and not (tmp_path / "random/valid").exists()


def test_what_is_no_split_record_is_refused(tmp_path):
    (tmp_path / "split.json").write_text("{}")
    with pytest.raises(CortadoError, match=r"not a record of split_recordings\.py"):
        read_split_record(tmp_path / "split.json")
