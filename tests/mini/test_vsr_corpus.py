"""local/mini: the lip reading corpus, films of the recognition corpus, and its data directories, in a tiny size."""

import importlib
import shutil
import subprocess
import sys
from pathlib import Path

import av
import numpy as np
import pytest
import soundfile

from cortado.datadir import DataDir
from cortado.datadir.validate import problems
from cortado.errors import CortadoError
from cortado.lang.ctm import read_ctm

ROOT = Path(__file__).resolve().parents[2]
SIZES = ("--num-train-speakers=2", "--num-dev-speakers=1", "--num-test-speakers=1", "--sentences-per-speaker=2")


def call(command: str, *arguments) -> None:
    """What that command of local/mini does, in this process."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(ROOT / "local/mini")
        patch.setattr(sys, "argv", [command, *map(str, arguments)])
        importlib.import_module(command).main()


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


@pytest.fixture(scope="module")
def data(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("mini vsr") / "data"
    call("make_asr_corpus", *SIZES, folder / "corpus")
    call("prepare_asr", folder / "corpus", folder)
    call("make_vsr_corpus", folder / "corpus", folder / "films")
    call("prepare_vsr", folder / "films", folder)
    return folder


def films(data: Path) -> dict[str, list[np.ndarray]]:
    """Utterance -> the pictures (height, width) uint8 of its film, of all sets."""
    paths = {name: path for part in ("train", "dev", "test") for name, path in DataDir(data / part).table("video.scp").items()}
    return {name: [frame.to_ndarray(format="gray") for frame in av.open(path).decode(video=0)] for name, path in paths.items()}


def test_the_films_say_that_they_are_synthetic_and_of_which_corpus(data):
    text = (data / "films/README").read_text()
    assert text.startswith("SYNTHETIC") and text.endswith((data / "corpus/README").read_text())
    assert len((data / "films/FACES.TXT").read_text().splitlines()) == 1 + 4


def test_same_bytes_from_another_number_of_jobs_in_another_order(data, tmp_path):
    for job in (3, 1, 2):
        call("make_vsr_corpus", "--num-jobs", 3, "--job", job, data / "corpus", tmp_path / "again")
    assert contents(tmp_path / "again") == contents(data / "films")


def test_films_of_another_corpus_in_the_folder_are_refused_and_kept(data):
    before = contents(data / "films")
    with pytest.raises(CortadoError, match="this corpus with other options"):
        call("make_vsr_corpus", "--seed=2", data / "corpus", data / "films")
    assert contents(data / "films") == before


def test_the_sets_are_valid_and_every_utterance_has_sound_times_and_a_film(data):
    for part, size in (("train", 4), ("dev", 2), ("test", 2)):
        data_dir = DataDir(data / part)
        assert problems(data_dir.path, need_text=True, need_wav=True) == []
        assert set(data_dir.table("video.scp")) == set(data_dir.utterances) == set(read_ctm(data / part / "ctm"))
        assert len(data_dir.utterances) == size


def test_a_film_lasts_as_long_as_its_sound_and_carries_it(data):
    test = DataDir(data / "test")
    for name, path in test.table("video.scp").items():
        samples, rate = soundfile.read(test.table("wav.scp")[name], dtype="int16")
        with av.open(path) as container:
            heard = np.concatenate([block.to_ndarray()[0] for block in container.decode(audio=0)])
        np.testing.assert_array_equal(heard, samples)
        assert len(films(data)[name]) == -(-len(samples) * 25 // rate)


def test_mouths_move_while_the_words_last_and_rest_in_the_pauses(data):
    """Change from picture to picture in the middle of them, against the camera's noise before the first word and behind the last."""
    words = {name: said for part in ("train", "dev", "test") for name, said in read_ctm(data / part / "ctm").items()}
    for name, pictures in films(data).items():
        mouths = np.array(pictures)[:, 30:70, 25:70].astype(float)
        change = np.abs(np.diff(mouths, axis=0)).mean(axis=(1, 2))
        begin, end = round(25 * words[name][0].start), round(25 * words[name][-1].end)
        resting = np.concatenate([change[: max(begin - 3, 1)], change[end + 4 :]])
        assert np.median(change[begin + 1 : end - 2]) > 1.4 * np.median(resting), name


def test_a_film_or_recording_that_is_missing_is_named(data, tmp_path):
    films, corpus = shutil.copytree(data / "films", tmp_path / "films"), shutil.copytree(data / "corpus", tmp_path / "corpus")
    for path in (film := next(films.glob("dev/*/*.mkv")), recording := next(corpus.glob("train/*/*.flac"))):
        path.unlink()
    with pytest.raises(CortadoError, match=f"{film}: is missing"):
        call("prepare_vsr", films, data)
    with pytest.raises(CortadoError, match=f"{recording}: cannot be read"):
        call("make_vsr_corpus", corpus, tmp_path / "more films")


def test_the_step_without_a_folder_shows_its_usage():
    for options, status in ((), 1), (("--help",), 0):
        shown = subprocess.run(["bash", ROOT / "local/mini/prepare_vsr.sh", *options], text=True, capture_output=True, check=False)
        assert shown.returncode == status and "prepare_vsr.sh [options] <data>" in shown.stdout + shown.stderr
