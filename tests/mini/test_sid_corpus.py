"""local/mini: the singing corpus and its data directory, in a tiny size; f0 against its exact pitch."""

import importlib
import subprocess
import sys
from pathlib import Path

import mir_eval
import numpy as np
import pytest
import soundfile

from cortado.ark import ArkWriter, open_table
from cortado.datadir import DataDir
from cortado.datadir.validate import problems
from cortado.errors import CortadoError

ROOT = Path(__file__).resolve().parents[2]
SIZES = ("--num-singers=3", "--recordings-per-singer=2", "--num-songs=1", "--phrases-per-song=1")


def module(command: str):
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(ROOT / "local/mini")
        return importlib.import_module(command)


def call(command: str, *arguments) -> None:
    """What that command of local/mini does, in this process."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", [command, *map(str, arguments)])
        module(command).main()


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


@pytest.fixture(scope="module")
def corpus(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("mini sid") / "corpus"
    call("make_sid_corpus", *SIZES, folder)
    return folder


@pytest.fixture(scope="module")
def data(corpus) -> Path:
    call("prepare_sid", corpus, corpus.parent / "recordings")
    return corpus.parent / "recordings"


def test_the_corpus_says_that_it_is_synthetic(corpus):
    assert (corpus / "README").read_text().startswith("SYNTHETIC")


def test_same_bytes_from_another_number_of_jobs_in_another_order(corpus):
    before = contents(corpus)
    for job in (2, 1):
        call("make_sid_corpus", *SIZES, "--num-jobs", 2, "--job", job, corpus)
    assert contents(corpus) == before


def test_the_data_directory_is_valid_and_each_recording_has_its_pitch(data):
    data_dir = DataDir(data)
    assert problems(data_dir.path, need_feats=False, need_text=False, need_wav=True) == []
    assert sorted(set(data_dir.utt2spk.values())) == ["sing00", "sing01", "sing02"]
    pitches = dict(open_table(data / "f0_reference.scp"))
    assert set(pitches) == set(data_dir.utterances)
    for name, path in data_dir.wav_scp.items():
        samples, rate = soundfile.read(path)
        assert rate == 44100 and len(pitches[name]) == -(-len(samples) // 256)


def test_a_recording_or_pitch_that_is_missing_is_named(corpus, tmp_path):
    for missing in ("sing01/sing01-00.flac", "sing02/f0.scp"):
        kept = (corpus / missing).read_bytes()
        (corpus / missing).unlink()
        with pytest.raises(CortadoError, match=f"{missing}: is missing"):
            call("prepare_sid", corpus, tmp_path / "data")
        (corpus / missing).write_bytes(kept)


def test_a_line_of_the_list_that_is_something_else_is_named(tmp_path):
    (tmp_path / "RECORDINGS.TXT").write_text(";ID\nsing00-00 | sing00\n")
    with pytest.raises(CortadoError, match=r"RECORDINGS.TXT:2: expected 'ID \| SINGER"):
        call("prepare_sid", tmp_path, tmp_path / "data")


def test_measures_of_f0_are_those_of_mir_eval():
    compare = module("score_f0").compare
    rng = np.random.default_rng(0)
    reference = np.where(rng.random(5000) < 0.8, rng.uniform(100, 400, 5000), 0)
    f0 = np.where(rng.random(5000) < 0.8, reference * 2 ** (rng.normal(0, 50, 5000) / 1200) + 150 * (reference == 0), 0)
    times = np.arange(5000) * 256 / 44100
    expected = mir_eval.melody.evaluate(times, reference, times, f0)
    names = ("Raw Pitch Accuracy", "Voicing Recall", "Voicing False Alarm")
    assert compare("a", reference, f0).measures() == pytest.approx([expected[name] for name in names], abs=1e-9)


def test_f0_is_scored_against_the_reference_and_a_length_that_does_not_fit_is_named(data, capsys):
    pitches = dict(open_table(data / "f0_reference.scp"))
    with ArkWriter(data / "f0.ark", data / "f0.scp") as writer:
        for name, pitch in pitches.items():
            writer.write(name, pitch[:-1] * np.float32(1.01))
    call("score_f0", data, data / "f0_accuracy")
    assert "6 recordings: raw pitch accuracy 100.00%, voicing recall 100.00%, false alarm 0.00%" in capsys.readouterr().out
    assert (data / "f0_accuracy").read_text().splitlines()[2] == "| all | 100.00 | 100.00 | 0.00 |"
    with ArkWriter(data / "f0.ark", data / "f0.scp") as writer:
        writer.write("sing00-00", pitches["sing00-00"][:-2])
    with pytest.raises(CortadoError, match=r"sing00-00: has .* frames of f0, its reference"):
        call("score_f0", data, data / "f0_accuracy")


def test_the_step_without_a_folder_shows_its_usage():
    for options, status in ((), 1), (("--help",), 0):
        shown = subprocess.run(["bash", ROOT / "local/mini/prepare_sid.sh", *options], text=True, capture_output=True, check=False)
        assert shown.returncode == status and "prepare_sid.sh [options] <corpus-dir> <data>" in shown.stdout + shown.stderr
