"""local/vctk/* on generated trees of both published layouts."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

from cortado.datadir import DataDir
from cortado.datadir.audio import iterate_utterances
from cortado.datadir.table import read_table
from cortado.datadir.trials import read_trials
from cortado.datadir.validate import problems

ROOT = Path(__file__).resolve().parents[2]
LOCAL = ROOT / "local/vctk"
sys.path.extend([str(ROOT / "tests/local"), str(ROOT / "tests/report")])
from corpus_trees import VCTK_SPEAKERS, make_vctk  # noqa: E402
from test_results import result  # noqa: E402


def prepare(corpus: Path, out: Path, *options: str) -> subprocess.CompletedProcess:
    settings = ("--test-speakers", "4", "--lengths", "1 2.5", "--enrol", "3", "--draws", "2")
    words = [sys.executable, LOCAL / "prepare_speakers.py", "--corpus", corpus, *settings, *options, out]
    return subprocess.run(words, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def prepared(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("vctk")
    result = prepare(make_vctk(folder), folder / "data")
    assert result.returncode == 0, result.stderr
    return folder / "data"


def utterances_of_chains(data: Path) -> dict[str, list[str]]:
    """Which corpus utterances each chain holds, found by comparing samples."""
    folder = data.parent / "VCTK Corpus/wav48_silence_trimmed"
    chains = {name: samples for name, samples, _ in iterate_utterances(DataDir(data / "test_full"))}
    held = {}
    for name, samples in chains.items():
        speaker = name.split("-")[0]
        own = {p.name[:8]: soundfile.read(p)[0][::3] for p in (folder / speaker).glob("*_mic1.flac")}  # every third sample is at 16 kHz
        pieces = np.split(samples, range(17_600, len(samples), 17_600))
        held[name] = [max(own, key=lambda utt, piece=piece: np.corrcoef(own[utt], piece)[0, 1]).replace("_", "-") for piece in pieces]
    return held


def test_speakers_are_split_half_women_and_nobody_is_on_both_sides(prepared):
    train, enrol = DataDir(prepared / "train"), DataDir(prepared / "enrol")
    assert set(train.spk2utt) | set(enrol.spk2utt) == set(VCTK_SPEAKERS) and not set(train.spk2utt) & set(enrol.spk2utt)
    assert sorted(VCTK_SPEAKERS[speaker] for speaker in enrol.spk2utt) == ["F", "F", "M", "M"]
    for name in ("train", "enrol", "test_full", "test_1s", "test_2.5s"):
        assert problems(prepared / name) == []
        assert "mic2" not in (prepared / name / "wav.scp").read_text()


def test_nobody_is_tested_on_an_utterance_that_enrols(prepared):
    held = utterances_of_chains(prepared)
    tested = [utt for utts in held.values() for utt in utts]
    enrol = set(DataDir(prepared / "enrol").utterances)
    assert len(tested) == len(set(tested)) == 4 * 3 and not set(tested) & enrol  # 4 of 8 are tests; three of them last 2.5 s
    models = read_table(prepared / "trials/models")
    assert len(models) == 4 * 2 and {utt for value in models.values() for utt in value.split()} <= enrol
    assert all(len(set(value.split())) == 3 and value.count(name.split("-")[0]) == 3 for name, value in models.items())


def test_trials_are_every_model_against_every_chain(prepared):
    trials = read_trials(prepared / "trials/trials")
    models, chains = read_table(prepared / "trials/models"), DataDir(prepared / "test_full").utterances
    assert set(zip(trials.enrol, trials.test, strict=True)) == {(m, c) for m in models for c in chains}
    same = [e.split("-")[0] == t.split("-")[0] for e, t in zip(trials.enrol, trials.test, strict=True)]
    assert same == trials.is_target.tolist()
    same_sex = read_trials(prepared / "trials/trials_same_sex")
    sexes = {(VCTK_SPEAKERS[e.split("-")[0]], VCTK_SPEAKERS[t.split("-")[0]]) for e, t in zip(same_sex.enrol, same_sex.test, strict=True)}
    assert sexes == {("F", "F"), ("M", "M")} and same_sex.is_target.sum() == trials.is_target.sum()


def test_a_cut_is_the_named_length_of_its_chain_and_lies_within_the_longer_ones(prepared):
    full = {name: samples for name, samples, _ in iterate_utterances(DataDir(prepared / "test_full"))}
    short, long = DataDir(prepared / "test_1s").segments, DataDir(prepared / "test_2.5s").segments
    for name, samples, rate in iterate_utterances(DataDir(prepared / "test_1s")):
        assert rate == 16000 and len(samples) == 16000
        start = round(short[name].start * 16000)
        assert np.array_equal(samples, full[name][start : start + 16000])
        assert long[name].start <= short[name].start and short[name].end <= long[name].end
        assert long[name].end - long[name].start == pytest.approx(2.5) and long[name].end <= len(full[name]) / 16000 + 1e-4
        assert short[name].start == pytest.approx(1.1 + 0.05)  # the middle of the second of three utterances of 1.1 s


def test_the_older_layout_gives_the_same_speakers_and_trials(prepared, tmp_path):
    result = prepare(make_vctk(tmp_path, "0.80"), tmp_path / "data")
    assert result.returncode == 0, result.stderr
    for name in ("train/utt2spk", "trials/trials", "trials/models", "test_1s/segments"):
        assert (tmp_path / "data" / name).read_bytes() == (prepared / name).read_bytes()


def test_same_seed_same_bytes_other_seed_other_speakers(prepared, tmp_path):
    corpus = prepared.parent / "VCTK Corpus"
    for name, seed in (("a", "0"), ("b", "7")):
        prepare(corpus, tmp_path / name, "--seed", seed)
    a, b = ((tmp_path / name / "trials/models").read_bytes() for name in "ab")
    assert a == (prepared / "trials/models").read_bytes() != b


@pytest.fixture(scope="module")
def damaged(tmp_path_factory) -> Path:
    return make_vctk(tmp_path_factory.mktemp("damaged"))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--test-speakers", "6"), "--test-speakers 6: 3 women are to be held out of 3"),
        (("--lengths", "1 x"), "--lengths '1 x': expected seconds"),
        (("--lengths", "60"), "not enough for --lengths 60"),
        (("--enrol", "5"), "has 4 utterances to enrol with"),
        (("--draws", "0"), "--draws 0"),
    ],
)
def test_an_impossible_option_is_one_clear_sentence(damaged, tmp_path, options, message):
    result = prepare(damaged, tmp_path / "data", *options)
    assert result.returncode == 1 and message in result.stderr and result.stderr.count("\n") == 1
    assert not (tmp_path / "data").exists()


def test_a_damaged_tree_is_one_clear_sentence(damaged, tmp_path):
    stray = damaged / "wav48_silence_trimmed/p225/p226_001_mic1.flac"
    stray.write_bytes(b"")
    assert "p226_001_mic1.flac: expected wav48_silence_trimmed/SPEAKER/" in prepare(damaged, tmp_path / "data").stderr
    stray.unlink()
    info = damaged / "speaker-info.txt"
    info.write_text("ID AGE GENDER\np225 23 X English\n")
    assert f"{info}:2: expected ID AGE F|M" in prepare(damaged, tmp_path / "data").stderr
    info.unlink()
    result = prepare(damaged, tmp_path / "data")
    assert result.returncode == 1 and "speaker-info.txt: No such file" in result.stderr and result.stderr.count("\n") == 1


def test_the_table_has_lengths_in_order_and_means_over_seeds(tmp_path):
    for length, eers in (("10s", (0.1, 0.3)), ("2s", (0.25,)), ("full", (0.01,))):
        for seed, eer in enumerate(eers):
            path = tmp_path / f"exp/{length}_{seed}/result.json"
            result("sasn", f"trials test_{length}", eer=eer, seed=seed).write(path)
    (tmp_path / "header.md").write_text("# Title\n")
    words = [sys.executable, LOCAL / "length_table.py", "--header", tmp_path / "header.md", tmp_path / "exp", tmp_path / "out.md"]
    subprocess.run(words, check=True)
    lines = (tmp_path / "out.md").read_text().splitlines()
    assert lines[0] == "# Title" and lines[-3] == "| Trials | System | Back end | 2s | 10s | full |"
    assert lines[-1] == "| trials | sasn | cosine | 25.00 / 0.5000 | 20.00 / 0.5000 | 1.00 / 0.5000 |"
