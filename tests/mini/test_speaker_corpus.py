"""local/mini: the speaker corpus and its data directories, in a tiny size, by running the commands."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import soundfile

sys.path.append(str(Path(__file__).parents[1] / "ground"))
from in_process import run_in_process

from cortado.datadir import DataDir
from cortado.datadir.trials import read_trials
from cortado.datadir.validate import problems

ROOT = Path(__file__).resolve().parent.parent.parent
SIZES = ("--num-train-speakers=3", "--num-test-speakers=2", "--sentences-per-speaker=4", "--sessions-per-speaker=2")


def run(command: str, *arguments, cwd: Path | None = None) -> subprocess.CompletedProcess:
    program = ROOT / "local/mini" / command
    if program.suffix == ".py":
        return run_in_process(program, *arguments, cwd=cwd)
    return subprocess.run(["bash", program, *map(str, arguments)], cwd=cwd, text=True, capture_output=True)


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


@pytest.fixture(scope="module")
def corpus(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("mini") / "corpus"
    made = run("make_speaker_corpus.py", *SIZES, folder)
    assert made.returncode == 0, made.stderr
    return folder


@pytest.fixture
def copy(corpus, tmp_path) -> Path:
    return shutil.copytree(corpus, tmp_path / "corpus")


def test_the_corpus_says_that_it_is_synthetic(corpus):
    assert (corpus / "README").read_text().startswith("SYNTHETIC")


def test_recordings_are_16_bit_flac_at_16_khz_and_each_has_a_transcript(corpus):
    recordings = sorted(corpus.glob("*/*/*/*.flac"))
    assert len(recordings) == 5 * 4
    for path in recordings:
        info = soundfile.info(path)
        assert (info.format, info.subtype, info.samplerate, info.channels) == ("FLAC", "PCM_16", 16000, 1)
        transcripts = path.with_name(f"{path.parent.parent.name}-{path.parent.name}.trans.txt").read_text()
        assert f"{path.stem} " in transcripts


def test_same_bytes_from_any_number_of_jobs_in_any_order(corpus, tmp_path):
    for job in (3, 1, 2):
        assert run("make_speaker_corpus.py", *SIZES, "--num-jobs", 3, "--job", job, tmp_path / "again").returncode == 0
    assert contents(tmp_path / "again") == contents(corpus)


def test_what_a_killed_job_left_is_completed_to_the_same_bytes(corpus, copy):
    shutil.rmtree(copy / "test")
    speaker = next((copy / "train").iterdir())
    for path in (copy / "SPEAKERS.TXT", next(speaker.glob("*/*.flac")), next(speaker.glob("*/*.txt"))):
        path.rename(path.with_name(f".{path.name}.123.tmp"))
    assert run("make_speaker_corpus.py", *SIZES, copy).returncode == 0
    made = {name: data for name, data in contents(copy).items() if not name.endswith(".tmp")}
    assert made == contents(corpus)


def test_a_folder_with_another_corpus_or_other_files_is_refused_and_kept(copy, tmp_path):
    before = contents(copy)
    other = run("make_speaker_corpus.py", *SIZES, "--seed=2", copy)
    assert other.returncode == 1 and "this corpus with other options" in other.stderr and len(other.stderr.splitlines()) == 1
    assert contents(copy) == before
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine/thesis.txt").touch()
    assert run("make_speaker_corpus.py", *SIZES, tmp_path / "mine").returncode == 1


def test_a_share_that_does_not_exist_is_refused(tmp_path):
    refused = run("make_speaker_corpus.py", "--num-jobs=2", "--job=3", tmp_path / "new")
    assert refused.returncode == 1 and "--job 3 is not between 1 and --num-jobs 2" in refused.stderr


def test_a_number_of_jobs_that_cannot_be_is_refused(tmp_path):
    refused = run("prepare_speakers.sh", "--nj", "two", tmp_path / "corpus", tmp_path / "data")
    assert (refused.returncode, refused.stderr) == (1, "prepare_speakers.sh: --nj is a whole number from 1 up, not 'two'\n")


def test_the_step_makes_valid_data_directories_and_is_not_repeated(corpus, recipe_dir, monkeypatch):
    step = ("prepare_speakers.sh", "--nj", 2, *SIZES, "data/corpus", "data")
    first = run(*step, cwd=recipe_dir)
    assert first.returncode == 0, first.stderr
    assert contents(recipe_dir / "data/corpus") == contents(corpus)
    monkeypatch.chdir(recipe_dir)  # wav.scp holds names relative to the recipe
    dirs = {subset: DataDir(f"data/{subset}") for subset in ("train", "test")}
    for data_dir in dirs.values():
        assert problems(data_dir.path, need_text=True, need_wav=True) == []
    assert not set(dirs["train"].spk2utt) & set(dirs["test"].spk2utt)
    assert len(dirs["train"].utterances) == 12 and len(dirs["test"].utterances) == 8
    made = {subset: contents(recipe_dir / "data" / subset) for subset in dirs}
    second = run(*step, cwd=recipe_dir)
    assert second.returncode == 0 and "2 / 2 succeeded before" in second.stderr + second.stdout
    assert {subset: contents(recipe_dir / "data" / subset) for subset in dirs} == made


def test_target_trials_are_between_sessions(corpus, tmp_path):
    assert run("prepare_speakers.sh", *SIZES, tmp_path / "corpus", tmp_path / "data").returncode == 0
    test = DataDir(tmp_path / "data/test")
    trials, sessions = read_trials(test.path / "trials"), test.table("utt2rec")
    for enrol, other, is_target in zip(*trials, strict=True):
        assert is_target == (test.utt2spk[enrol] == test.utt2spk[other])
        assert not is_target or sessions[enrol] != sessions[other]
    assert trials.is_target.sum() == 2 * 2 * 2  # speakers x utterances of one session x of the other
    assert (~trials.is_target).sum() == 4 * 4


def spoil_flac(corpus: Path) -> str:
    path = next(corpus.glob("train/*/*/*.flac"))
    path.unlink()
    return f"{path}: is missing"


def spoil_transcript(corpus: Path) -> str:
    path = next(corpus.glob("test/*/*/*.trans.txt"))
    path.unlink()
    return f"{path.parent.parent}: has 2 utterances, SPEAKERS.TXT says 4"


def spoil_speakers(corpus: Path) -> str:
    path = corpus / "SPEAKERS.TXT"
    path.write_text(path.read_text().replace("| F |", "| X |", 1))
    return f"{path}:2: expected 'ID | F or M"


def spoil_subset(corpus: Path) -> str:
    path = corpus / "SPEAKERS.TXT"
    path.write_text(path.read_text().replace("| test |", "| dev |"))
    return f"{path}: has no speaker of subset test"


def spoil_all(corpus: Path) -> str:
    shutil.rmtree(corpus)
    return f"{corpus}/SPEAKERS.TXT: cannot be read"


@pytest.mark.parametrize("spoil", [spoil_flac, spoil_transcript, spoil_speakers, spoil_subset, spoil_all])
def test_an_incomplete_corpus_is_named(copy, tmp_path, spoil):
    complaint = spoil(copy)
    prepared = run("prepare_speakers.py", copy, tmp_path / "data")
    assert prepared.returncode == 1
    assert complaint in prepared.stderr and len(prepared.stderr.splitlines()) == 1


def test_the_step_without_folders_shows_its_usage(tmp_path):
    assert run("prepare_speakers.sh", tmp_path).returncode == 1
    assert run("prepare_speakers.sh", "--help").returncode == 0
