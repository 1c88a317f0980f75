"""local/librispeech/prepare_speakers.py on a generated tree of LibriSpeech's layout."""

import itertools
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

from cortado.datadir import DataDir
from cortado.datadir.audio import iterate_utterances
from cortado.datadir.validate import problems

ROOT = Path(__file__).resolve().parents[2]
COMMAND = ROOT / "local/librispeech/prepare_speakers.py"


@pytest.fixture
def corpus(tmp_path):
    """Twelve speakers, half women, in two subsets; two chapters of two utterances each."""
    folder = tmp_path / "Libri Speech"
    lines = ["; a comment\n"]
    for number in range(12):
        speaker, subset = str(100 + number), "train-clean-100" if number < 8 else "dev-clean"
        lines.append(f"{speaker} | {'FM'[number % 2]} | {subset} | 1.0 | Somebody | else\n")
        for chapter in ("7", "8"):
            for utterance in range(2):
                path = folder / subset / speaker / chapter / f"{speaker}-{chapter}-{utterance:04}.flac"
                path.parent.mkdir(parents=True, exist_ok=True)
                rng = np.random.default_rng([number, int(chapter), utterance])
                soundfile.write(path, 0.1 * rng.standard_normal(16000 + 1111 * utterance), 16000)
    (folder / "SPEAKERS.TXT").write_text("".join(lines))
    return folder


def prepare(corpus: Path, out: Path, *options: str) -> subprocess.CompletedProcess:
    command = [sys.executable, COMMAND, "--corpus", corpus, "--test-speakers", "4", *options, out]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_speakers_are_split_half_women_and_nobody_is_on_both_sides(corpus, tmp_path):
    result = prepare(corpus, tmp_path / "data")
    assert result.returncode == 0, result.stderr
    train, test = DataDir(tmp_path / "data/train"), DataDir(tmp_path / "data/test_4parts")
    assert set(train.spk2utt) | set(test.spk2utt) == {str(100 + n) for n in range(12)}
    assert not set(train.spk2utt) & set(test.spk2utt)
    assert sorted(test.table("spk2gender").values()) == ["f", "f", "m", "m"]
    assert problems(train.path) == problems(test.path) == []


def test_parts_cover_each_recording_without_overlap(corpus, tmp_path):
    prepare(corpus, tmp_path / "data", "--parts", "2 3")
    assert len(DataDir(tmp_path / "data/test_2parts").segments) == 4 * 4 * 2
    test = DataDir(tmp_path / "data/test_3parts")
    assert len(test.segments) == 4 * 4 * 3
    for recording, rxfile in test.wav_scp.items():
        parts = sorted((s.start, s.end) for s in test.segments.values() if s.recording == recording)
        seconds = soundfile.info(rxfile).duration
        assert parts[0][0] == 0 and seconds - 2e-4 < parts[-1][1] <= seconds
        assert all(0 <= later[0] - earlier[1] < 2e-4 for earlier, later in itertools.pairwise(parts))


def test_same_seed_same_bytes_other_seed_other_speakers(corpus, tmp_path):
    for name, seed in (("a", "0"), ("b", "0"), ("c", "1")):
        prepare(corpus, tmp_path / name, "--seed", seed)
    for table in ("train/wav.scp", "test_4parts/segments", "test_4parts/utt2spk"):
        a, b, c = ((tmp_path / name / table).read_bytes() for name in "abc")
        assert a == b != c


def test_recordings_of_a_test_speaker_are_limited(corpus, tmp_path):
    prepare(corpus, tmp_path / "data", "--recordings", "1")
    assert len(DataDir(tmp_path / "data/test_4parts").wav_scp) == 4


@pytest.mark.parametrize(
    ("break_it", "options", "message"),
    [
        (lambda c: (c / "SPEAKERS.TXT").unlink(), (), "SPEAKERS.TXT"),
        (lambda c: (c / "SPEAKERS.TXT").write_text("100 | X | dev-clean\n"), (), "SPEAKERS.TXT:1: expected ID"),
        (lambda c: (c / "SPEAKERS.TXT").write_text("100 | F | dev-clean\n"), (), "speaker 101 and 10 others"),
        (lambda c: None, ("--subsets", "test-other"), "test-other"),
        (lambda c: None, ("--test-speakers", "11"), "--test-speakers 11"),
        (lambda c: None, ("--parts", "4 1"), "--parts '4 1'"),
        (lambda c: (c / "dev-clean/108/7/108-7-0000.flac").write_bytes(b"not a flac"), ("--test-speakers", "10"), ".flac"),
        (lambda c: (c / "dev-clean/108/7/108-7-0000.flac").rename(c / "dev-clean/108/7/x.flac"), (), "expected SPEAKER/CHAPTER"),
    ],
)
def test_a_damaged_tree_is_named(corpus, tmp_path, break_it, options, message):
    break_it(corpus)
    result = prepare(corpus, tmp_path / "data", *options)
    assert result.returncode == 1 and message in result.stderr and "Traceback" not in result.stderr


def test_a_missing_corpus_is_one_clear_sentence(tmp_path):
    result = prepare(tmp_path / "nowhere", tmp_path / "data")
    assert result.returncode == 1 and result.stderr.count("\n") == 1 and "nowhere" in result.stderr


def test_real_recordings_are_split_and_read(librispeech, tmp_path):
    result = prepare(librispeech, tmp_path / "data", "--test-speakers", "50")
    assert result.returncode == 0, result.stderr
    train, test = DataDir(tmp_path / "data/train"), DataDir(tmp_path / "data/test_4parts")
    assert (len(train.spk2utt), len(test.spk2utt), len(test.segments)) == (201, 50, 200)
    utterance, samples, rate = next(iterate_utterances(test))
    assert rate == 16000 and 0.01 < np.abs(samples).max() <= 1 and len(samples) > 8000, utterance
