"""local/mini: the recognition corpus and its data directories, in a tiny size, by running the commands."""

import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

sys.path.append(str(Path(__file__).parents[1] / "ground"))
from in_process import run_in_process

from cortado.datadir import DataDir
from cortado.datadir.validate import problems
from cortado.lang import read_lexicon
from cortado.lang.ctm import read_ctm

ROOT = Path(__file__).resolve().parents[2]
SIZES = ("--num-train-speakers=2", "--num-dev-speakers=1", "--num-test-speakers=1", "--sentences-per-speaker=6")


def run(command: str, *arguments, cwd: Path | None = None) -> subprocess.CompletedProcess:
    program = ROOT / "local/mini" / command
    if program.suffix == ".py":
        return run_in_process(program, *arguments, cwd=cwd)
    return subprocess.run(["bash", program, *map(str, arguments)], cwd=cwd, text=True, capture_output=True, check=False)


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


@pytest.fixture(scope="module")
def top(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("mini asr")
    made = run("prepare_asr.sh", "--nj", 2, *SIZES, folder / "corpus", folder / "data")
    assert made.returncode == 0, made.stderr
    return folder


def test_the_corpus_says_that_it_is_synthetic(top):
    assert (top / "corpus/README").read_text().startswith("SYNTHETIC")


def test_same_bytes_from_any_number_of_jobs_in_any_order(top, tmp_path):
    for job in (3, 1, 2):
        assert run("make_asr_corpus.py", *SIZES, "--num-jobs", 3, "--job", job, tmp_path / "again").returncode == 0
    assert contents(tmp_path / "again") == contents(top / "corpus")


def test_another_corpus_in_the_folder_is_refused_and_kept(top):
    before = contents(top / "corpus")
    refused = run("make_asr_corpus.py", *SIZES, "--seed=2", top / "corpus")
    assert refused.returncode == 1 and "this corpus with other options" in refused.stderr
    assert contents(top / "corpus") == before


def test_the_sets_are_valid_and_share_no_speaker_and_no_sentence(top):
    dirs = [DataDir(top / "data" / subset) for subset in ("train", "dev", "test")]
    assert [len(directory.utterances) for directory in dirs] == [12, 6, 6]
    assert all(problems(directory.path, need_text=True, need_wav=True) == [] for directory in dirs)
    for what in (lambda d: set(d.spk2utt), lambda d: set(d.table("text").values())):
        assert len(set.union(*map(what, dirs))) == sum(len(what(directory)) for directory in dirs)


def test_times_of_words_are_those_of_their_phones_and_of_the_lexicon(top):
    """Between the first phone of a word and the next word's are the phones of one of its pronunciations, without a gap."""
    ways = {(entry.word, entry.phones) for entry in read_lexicon(top / "data/local/lexicon.txt")}
    words, phones = (read_ctm(top / "data/train" / name) for name in ("ctm", "phones.ctm"))
    text = DataDir(top / "data/train").table("text")
    for utterance, own in words.items():
        assert " ".join(word for _, _, word in own) == text[utterance]
        for start, end, word in own:
            inside = [phone for phone in phones[utterance] if start <= phone[0] < end - 0.002]
            assert (word, tuple(label for _, _, label in inside)) in ways
            assert inside[0][0] == start and abs(inside[-1][1] - end) < 0.003


def test_sound_lies_where_the_times_say(top):
    """The corpus's noise is at most 15 dB below the speech, and steady: words are louder than the pauses around them."""
    words = read_ctm(top / "data/dev/ctm")
    for utterance, path in DataDir(top / "data/dev").table("wav.scp").items():
        samples, rate = soundfile.read(path)
        begin, end = words[utterance][0][0], words[utterance][-1][1]
        pauses = np.concatenate([samples[: int((begin - 0.01) * rate)], samples[int((end + 0.05) * rate) :]])
        speech = samples[int(begin * rate) : int(end * rate)]
        assert 0.1 <= begin <= 0.41 and end < len(samples) / rate
        assert np.mean(speech**2) > 5 * np.mean(pauses**2), utterance


def test_the_language_is_closed_and_the_training_text_is_the_training_sets(top):
    vocabulary = set((top / "data/local/vocabulary").read_text().split())
    assert len(vocabulary) == 58
    assert vocabulary == {word for line in (top / "data/local/grammar").read_text().splitlines() for word in line.split()[1:]}
    sentences = (top / "data/local/lm_train").read_text().splitlines()
    assert sorted(sentences) == sorted(DataDir(top / "data/train").table("text").values())


def test_the_step_is_not_repeated(top):
    made = contents(top / "data/test")
    again = run("prepare_asr.sh", "--nj", 2, *SIZES, top / "corpus", top / "data")
    assert again.returncode == 0 and "2 / 2 succeeded before" in again.stderr + again.stdout
    assert contents(top / "data/test") == made


def lose_recording(corpus: Path) -> str:
    path = next(corpus.glob("train/*/*.flac"))
    path.unlink()
    return f"{path}: is missing"


def lose_line(corpus: Path) -> str:
    path = next(corpus.glob("dev/*/*.trans.txt"))
    path.write_text("".join(path.read_text().splitlines(keepends=True)[:-1]))
    return f"{path.parent}: has 5 utterances, SPEAKERS.TXT says 6"


def lose_times(corpus: Path) -> str:
    path = next(corpus.glob("test/*/*.phones.ctm"))
    path.unlink()
    return f"{path}: cannot be read"


@pytest.mark.parametrize("spoil", [lose_recording, lose_line, lose_times])
def test_an_incomplete_corpus_is_named(top, tmp_path, spoil):
    copy = shutil.copytree(top / "corpus", tmp_path / "corpus")
    complaint = spoil(copy)
    prepared = run("prepare_asr.py", copy, tmp_path / "data")
    assert prepared.returncode == 1 and complaint in prepared.stderr and prepared.stderr.count("\n") == 1


def test_the_step_without_folders_shows_its_usage(tmp_path):
    assert run("prepare_asr.sh", tmp_path).returncode == 1
    assert run("prepare_asr.sh", "--help").returncode == 0
