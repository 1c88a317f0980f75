"""local/librispeech/prepare_asr.py on a generated tree of LibriSpeech's layout, with transcripts, lexicon and language models."""

import gzip
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from cortado.datadir import DataDir
from cortado.datadir.validate import problems
from cortado.lang import read_lexicon

ROOT = Path(__file__).resolve().parents[2]
COMMAND = ROOT / "local/librispeech/prepare_asr.py"
sys.path.append(str(ROOT / "tests/local"))
from corpus_trees import LIBRISPEECH_READERS, make_librispeech  # noqa: E402


def prepare(corpus: Path, data: Path, *options) -> subprocess.CompletedProcess:
    command = [sys.executable, COMMAND, "--corpus", corpus, "--lm", corpus.parent, "--models", "tglarge fglarge", *options, data]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def original(tmp_path_factory) -> Path:
    return make_librispeech(tmp_path_factory.mktemp("librispeech"), utterances=2)


@pytest.fixture
def corpus(original, tmp_path) -> Path:
    return shutil.copytree(original.parent, tmp_path / "top") / original.name


def test_every_subset_becomes_a_valid_data_directory(original, tmp_path):
    result = prepare(original, tmp_path / "data")
    assert result.returncode == 0, result.stderr
    for subset, readers in LIBRISPEECH_READERS.items():
        directory = DataDir(tmp_path / "data" / subset.replace("-", "_"))
        assert problems(directory.path, need_text=True, need_wav=True) == []
        assert len(directory.utterances) == 2 * 2 * len(readers)
        assert set(directory.spk2utt) == {f"{reader}-{chapter}" for reader in readers for chapter in ("1240", "77")}
        assert set(directory.table("spk2gender")) == set(directory.spk2utt)
    transcript = (original / "dev-clean/1272/77/1272-77.trans.txt").read_text()
    assert transcript in (tmp_path / "data/dev_clean/text").read_text()


def test_subsets_can_be_chosen(original, tmp_path):
    assert prepare(original, tmp_path / "data", "--subsets", "dev-clean test-clean").returncode == 0
    assert sorted(path.name for path in (tmp_path / "data").iterdir()) == ["dev_clean", "local", "test_clean"]


def test_the_lexicon_loses_repeated_lines_and_nothing_else(corpus, tmp_path):
    lexicon = corpus.parent / "librispeech-lexicon.txt"
    lines = lexicon.read_text().splitlines()
    lexicon.write_text("\n".join([*lines, lines[0]]) + "\n")
    assert prepare(corpus, tmp_path / "data", "--subsets", "dev-clean").returncode == 0
    entries = read_lexicon(tmp_path / "data/local/lexicon.txt")
    assert {(entry.word, *entry.phones) for entry in entries} == {tuple(line.split()) for line in lines}
    assert set((tmp_path / "data/local/vocabulary").read_text().split()) == {line.split()[0] for line in lines}


def test_language_models_are_looked_into_and_get_the_names_of_kaldis_recipe(original, tmp_path):
    said = prepare(original, tmp_path / "data", "--subsets", "dev-clean").stdout
    assert "3-gram.arpa.gz: a 3-gram of 61 + 1 + 1 n-grams" in said and "4-gram.arpa.gz: a 4-gram of 61 + 1 + 1 + 1 n-grams" in said
    links = {path.name: path.resolve().name for path in (tmp_path / "data/local/lm").iterdir()}
    assert links == {"tglarge.arpa.gz": "3-gram.arpa.gz", "fglarge.arpa.gz": "4-gram.arpa.gz"}


def no_recording(corpus: Path) -> str:
    (corpus / "dev-clean/1272/77/1272-77-0001.flac").unlink()
    return "1272-77.trans.txt: utterance 1272-77-0001 has no recording 1272-77-0001.flac"


def no_line(corpus: Path) -> str:
    shutil.copy(corpus / "dev-clean/1272/77/1272-77-0001.flac", corpus / "dev-clean/1272/77/1272-77-0002.flac")
    return "1272-77.trans.txt: has no line for the recordings 1272-77-0002"


def empty_transcript(corpus: Path) -> str:
    (corpus / "dev-clean/1272/77/1272-77.trans.txt").write_text("1272-77-0000 A\n1272-77-0001\n")
    return "1272-77.trans.txt:2: key 1272-77-0001 has no value"


def unknown_reader(corpus: Path) -> str:
    speakers = corpus / "SPEAKERS.TXT"
    speakers.write_text(speakers.read_text().replace("1272 |", "9999 |"))
    return "SPEAKERS.TXT: has no reader 1272, but dev-clean has"


def no_speakers(corpus: Path) -> str:
    (corpus / "SPEAKERS.TXT").unlink()
    return "SPEAKERS.TXT"


def no_corpus(corpus: Path) -> str:
    shutil.rmtree(corpus)
    return "SPEAKERS.TXT"


def no_lexicon_and_no_4_gram(corpus: Path) -> str:
    for name in ("librispeech-lexicon.txt", "4-gram.arpa.gz"):
        (corpus.parent / name).unlink()
    return f"--lm '{corpus.parent}': there is no librispeech-lexicon.txt, no 4-gram.arpa.gz in it; openslr.org/11 has them"


def word_without_phones(corpus: Path) -> str:
    (corpus.parent / "librispeech-lexicon.txt").write_text("A\tAH0\nBEE\n")
    return "librispeech-lexicon.txt:2: word BEE has no phones"


def half_a_language_model(corpus: Path) -> str:
    path = corpus.parent / "4-gram.arpa.gz"
    path.write_bytes(path.read_bytes()[:30])
    return "4-gram.arpa.gz: cannot be read"


def another_file(corpus: Path) -> str:
    with gzip.open(corpus.parent / "3-gram.arpa.gz", "wt") as out:
        out.write("A B C\n")
    return "3-gram.arpa.gz: is no ARPA language model"


@pytest.mark.parametrize(
    "spoil",
    [
        no_recording,
        no_line,
        empty_transcript,
        unknown_reader,
        no_speakers,
        no_corpus,
        no_lexicon_and_no_4_gram,
        word_without_phones,
        half_a_language_model,
        another_file,
    ],
)
def test_what_is_missing_or_wrong_is_named(corpus, tmp_path, spoil):
    complaint = spoil(corpus)
    result = prepare(corpus, tmp_path / "data")
    assert result.returncode == 1 and complaint in result.stderr and result.stderr.count("\n") == 1


def test_what_is_not_there_or_has_another_name_is_named_before_anything_is_written(original, tmp_path):
    for options, complaint in (
        (("--subsets", "train-other-500 dev-clean dev-other"), "there is no train-other-500, no dev-other in it; openslr.org/12 has them"),
        (("--models", "tgsmall"), "there is no 3-gram.pruned.3e-7.arpa.gz in it; openslr.org/11 has them"),
        (("--models", "tgtiny"), "--models: tgtiny is none of tgsmall, tgmed, tglarge, fglarge"),
    ):
        result = prepare(original, tmp_path / "data", *options)
        assert result.returncode == 1 and complaint in result.stderr and result.stderr.count("\n") == 1
        assert not (tmp_path / "data").exists()
